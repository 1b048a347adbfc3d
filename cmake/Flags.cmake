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
  target_compile_options(snitt_flags INTERFACE -fsanitize=${SNITT_SANITIZE} -fno-omit-frame-pointer -g)
  target_link_options(snitt_flags INTERFACE -fsanitize=${SNITT_SANITIZE})
endif()
if(SNITT_COVERAGE)
  target_compile_options(snitt_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(snitt_flags INTERFACE --coverage)
endif()
