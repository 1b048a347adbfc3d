add_library(snitt_flags INTERFACE)
target_compile_options(snitt_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
  -Woverloaded-virtual -Wconversion -Wno-sign-conversion -Wdouble-promotion
  # GCC 12 sees overlaps in std::string concatenations that are not there (GCC bug 105651).
  -Wno-restrict
  # A fused multiply-add rounds once where two instructions round twice: the bytes of a result
  # would then depend on the instruction set picked at run time.
  -ffp-contract=off)
if(SNITT_WARNINGS_AS_ERRORS)
  target_compile_options(snitt_flags INTERFACE -Werror)
endif()
if(SNITT_SANITIZE)
  target_compile_options(snitt_flags INTERFACE -fsanitize=${SNITT_SANITIZE} -fno-omit-frame-pointer
    # An index beyond the end of a vector or span stops the test even where the memory happens to be ours.
    -D_GLIBCXX_ASSERTIONS)
  target_link_options(snitt_flags INTERFACE -fsanitize=${SNITT_SANITIZE})
  if(SNITT_SANITIZE MATCHES thread)
    target_include_directories(snitt_flags BEFORE INTERFACE ${PROJECT_SOURCE_DIR}/tests/sanitizers/plain_threads)
  endif()
endif()
if(SNITT_COVERAGE)
  target_compile_options(snitt_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(snitt_flags INTERFACE --coverage)
endif()
