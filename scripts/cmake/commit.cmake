# Which commit of this checkout is being built: its name, "-dirty" behind it if files differ from it, or
# "unknown" outside a checkout. Asked at each build, since a commit changes nothing that CMake looks at.
#   cmake -DTEMPLATE=commit.hpp.in -DHEADER=commit.hpp -P scripts/cmake/commit.cmake
get_filename_component(root ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)
set(BIMIX_COMMIT unknown)
find_program(BIMIX_GIT git)
if(BIMIX_GIT AND EXISTS ${root}/.git)  # a folder, or in a worktree a file; not that of a project around this one
  execute_process(COMMAND ${BIMIX_GIT} --no-optional-locks describe --always --dirty WORKING_DIRECTORY ${root}
                  OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(described)
    set(BIMIX_COMMIT ${described})
  endif()
endif()
configure_file(${TEMPLATE} ${HEADER} @ONLY)
