# Layers, their libraries and their tests, all read from scripts/layers.txt.
#
#   bimix_layer(NAME SOURCES a.cpp b.cpp)              a static library bimix_NAME from src/NAME
#   bimix_layer_tests(NAME a_test.cpp ... [MPI ...])   one test program; MPI files run at 1, 2, 3 ranks

set(BIMIX_LAYER_TABLE ${PROJECT_SOURCE_DIR}/scripts/layers.txt)
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${BIMIX_LAYER_TABLE})

# Library names of layers.txt -> targets.
set(BIMIX_LIBRARY_eigen Eigen3::Eigen)
set(BIMIX_LIBRARY_fmt fmt::fmt)
set(BIMIX_LIBRARY_boost Boost::headers)
set(BIMIX_LIBRARY_json nlohmann_json::nlohmann_json)
set(BIMIX_LIBRARY_xxhash bimix_xxhash)
set(BIMIX_LIBRARY_random123 bimix_random123)
set(BIMIX_LIBRARY_dnnl bimix_dnnl)
set(BIMIX_LIBRARY_mpi MPI::MPI_C)
set(BIMIX_LIBRARY_hdf5 bimix_hdf5)
set(BIMIX_LIBRARY_yaml-cpp yaml-cpp)
set(BIMIX_LIBRARY_cli11 CLI11::CLI11)
set(BIMIX_LIBRARY_threads Threads::Threads)

file(STRINGS ${BIMIX_LAYER_TABLE} BIMIX_LAYER_ROWS REGEX "^[a-z]")
set(BIMIX_LAYERS "")
foreach(row IN LISTS BIMIX_LAYER_ROWS)
  string(REPLACE ":" ";" cells "${row}")
  list(GET cells 0 layer)
  list(GET cells 1 uses)
  list(GET cells 2 libraries)
  string(STRIP "${layer}" layer)
  separate_arguments(uses)
  separate_arguments(libraries)
  list(APPEND BIMIX_LAYERS ${layer})
  set(BIMIX_USES_${layer} ${uses})
  set(BIMIX_LIBRARIES_${layer} ${libraries})
endforeach()

# bimix_listed_sources(VARIABLE LIST SUFFIX): the source files that a .def list of plug-ins names.
# The last word of each entry is the file's name: `BIMIX_LAW(bimix)` gives bimix.cpp. C++ reads the
# same list, so a plug-in is one file and one line.
function(bimix_listed_sources variable list suffix)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
  file(STRINGS ${list} entries REGEX "^BIMIX_[A-Z_]+\\(")
  list(TRANSFORM entries REPLACE "^.*[(, ]([a-z_0-9]+)\\).*$" "\\1${suffix}")
  set(${variable} ${entries} PARENT_SCOPE)
endfunction()

function(bimix_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
  add_library(bimix_${name} STATIC ${arg_SOURCES})
  target_include_directories(bimix_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(bimix_${name} PRIVATE bimix_warnings)
  foreach(used IN LISTS BIMIX_USES_${name})
    target_link_libraries(bimix_${name} PUBLIC bimix_${used})
  endforeach()
  foreach(library IN LISTS BIMIX_LIBRARIES_${name})
    target_link_libraries(bimix_${name} PUBLIC ${BIMIX_LIBRARY_${library}})
  endforeach()
endfunction()

function(bimix_layer_tests name)
  cmake_parse_arguments(arg "" "" "MPI" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    add_executable(bimix_${name}_test ${arg_UNPARSED_ARGUMENTS})
    target_link_libraries(bimix_${name}_test PRIVATE bimix_${name} bimix_test_support
                                                     bimix_warnings GTest::gmock GTest::gtest_main)
    gtest_discover_tests(bimix_${name}_test DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS serial TIMEOUT 120)
  endif()
  if(arg_MPI)
    add_executable(bimix_${name}_mpi_test ${arg_MPI} ${PROJECT_SOURCE_DIR}/tests/support/mpi_main.cpp)
    target_link_libraries(bimix_${name}_mpi_test PRIVATE bimix_${name} bimix_par bimix_test_support
                                                         bimix_warnings GTest::gmock)
    foreach(ranks 1 2 3)
      add_test(NAME ${name}_mpi_${ranks}
               COMMAND ${PROJECT_SOURCE_DIR}/scripts/mpirun -n ${ranks}
                       $<TARGET_FILE:bimix_${name}_mpi_test>)
      set_tests_properties(${name}_mpi_${ranks} PROPERTIES LABELS mpi PROCESSORS ${ranks} TIMEOUT 120)
    endforeach()
  endif()
endfunction()
