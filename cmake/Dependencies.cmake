# Everything here is a Debian package; pipelines/packages.txt names them for apt.
find_package(ITK 5.2 REQUIRED COMPONENTS
  ITKCommon ITKIOImageBase ITKIOMeta ITKIONRRD ITKIONIFTI ITKIOHDF5 ITKIOPNG ITKIOJPEG ITKIOTIFF
  ITKIOTransformBase ITKIOTransformHDF5 ITKIOTransformInsightLegacy ITKIOTransformMatlab ITKTransform)
find_package(HDF5 1.10 REQUIRED COMPONENTS C)
find_package(TBB REQUIRED)
find_package(DCMTK CONFIG REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(LibArchive 3.6 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libdeflate REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(pugixml REQUIRED IMPORTED_TARGET pugixml)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(Threads REQUIRED)
find_package(Ceres 2.1 REQUIRED)
find_package(Eigen3 3.4 REQUIRED)
find_package(NLopt 2.7 REQUIRED)
find_package(nanoflann 1.4 REQUIRED)
find_package(Boost 1.74 REQUIRED)  # headers of Boost.Math
pkg_check_modules(clp REQUIRED IMPORTED_TARGET clp)
pkg_check_modules(xlsxwriter REQUIRED IMPORTED_TARGET xlsxwriter)

# One target for ITK: its headers as SYSTEM, so that their warnings are not ours.
add_library(snitt_itk INTERFACE)
target_include_directories(snitt_itk SYSTEM INTERFACE ${ITK_INCLUDE_DIRS})
target_link_libraries(snitt_itk INTERFACE ${ITK_LIBRARIES})

add_library(snitt_hdf5 INTERFACE)
target_include_directories(snitt_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(snitt_hdf5 INTERFACE ${HDF5_C_LIBRARIES})
