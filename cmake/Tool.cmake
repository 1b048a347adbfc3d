include(GNUInstallDirs)

# snitt_add_tool(NAME SOURCES ROOT): the executable ROOT/bin/NAME and, written by itself after each build, its manual
# page, completion scripts and description below ROOT/share.
function(snitt_add_tool name sources root)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE snitt_shell snitt_flags)
  # Only what a tool calls is loaded when it starts.
  target_link_options(${name} PRIVATE -Wl,--as-needed)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${root}/bin)
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DTOOL=$<TARGET_FILE:${name}> -DNAME=${name} -DSHARE=${root}/share
            -P ${PROJECT_SOURCE_DIR}/cmake/WriteToolDocuments.cmake
    VERBATIM)
endfunction()
