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
set(BIMIX_LIBRARY_simdjson simdjson::simdjson)
set(BIMIX_LIBRARY_zlib ZLIB::ZLIB)
set(BIMIX_LIBRARY_zstd PkgConfig::BIMIX_ZSTD)
set(BIMIX_LIBRARY_sentencepiece bimix_sentencepiece)
set(BIMIX_LIBRARY_random123 bimix_random123)
set(BIMIX_LIBRARY_dnnl bimix_dnnl)
set(BIMIX_LIBRARY_absl absl::flat_hash_map)
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
# They lie beside the list. The last word of each entry is the file's name: `BIMIX_LAW(bimix)` in
# forms/laws.def gives forms/bimix.cpp. C++ reads the same list, so a plug-in is one file and one line.
function(bimix_listed_sources variable list suffix)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
  file(STRINGS ${list} entries REGEX "^BIMIX_[A-Z_]+\\(")
  get_filename_component(folder ${list} DIRECTORY)
  list(TRANSFORM entries REPLACE "^.*[(, ]([a-z_0-9]+)\\).*$" "\\1${suffix}")
  if(folder)
    list(TRANSFORM entries PREPEND "${folder}/")
  endif()
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

# bimix_test_program(TARGET SOURCES a_test.cpp ... LIBRARIES ...): what every test program shares.
function(bimix_test_program target)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_LIBRARIES} bimix_test_support bimix_warnings)
  target_precompile_headers(${target} REUSE_FROM bimix_test_headers)
  # Test code is compiled for longer than it runs; what it tests keeps the build's own level.
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  # g++ 12 warns of the insides of std::string once they come from a precompiled header.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
  endif()
endfunction()

# bimix_property_tests(NAME a_property.cpp ...): adds tests that draw their cases with RapidCheck; the
# same ones under ctest, others each time that the program is started by hand.
function(bimix_property_tests name)
  if(TARGET rapidcheck)
    target_sources(bimix_${name}_test PRIVATE ${ARGN})
    target_link_libraries(bimix_${name}_test PRIVATE rapidcheck)
  endif()
endfunction()

# bimix_layers_come_first(TARGET LAYER): of a template that both a test and a layer use, the linker takes
# the first copy, and in a sanitizer build the test's has no optimization: fits took five times as long.
function(bimix_layers_come_first target layer)
  foreach(first IN LISTS layer BIMIX_USES_${layer})
    target_link_options(${target} PRIVATE
                        LINKER:--whole-archive,$<TARGET_FILE:bimix_${first}>,--no-whole-archive)
  endforeach()
endfunction()

# bimix_quick_tests(TARGET LABEL [TEST...]): these tests of a program, or all, are labelled quick too.
# ctest reads it after the list of tests, which is there once the program is built.
function(bimix_quick_tests target label)
  set(script ${CMAKE_CURRENT_BINARY_DIR}/${target}_quick.cmake)
  set(tests "${ARGN}")
  if(NOT tests)
    set(tests "\${${target}_TESTS}")
  endif()
  file(CONFIGURE OUTPUT ${script} CONTENT "if(DEFINED ${target}_TESTS)
  foreach(test ${tests})
    set_tests_properties(\"\${test}\" PROPERTIES LABELS \"${label};quick\")
  endforeach()
endif()
" ESCAPE_QUOTES @ONLY)
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${script})
endfunction()

function(bimix_layer_tests name)
  cmake_parse_arguments(arg "" "" "MPI" ${ARGN})
  # For what never ends; the slowest takes five seconds, under the sanitizers half a minute.
  set(timeout 300)
  if(BIMIX_SANITIZE)
    set(timeout 600)
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    bimix_test_program(bimix_${name}_test SOURCES ${arg_UNPARSED_ARGUMENTS}
                       LIBRARIES bimix_${name} GTest::gtest_main)
    if(BIMIX_SANITIZE)
      bimix_layers_come_first(bimix_${name}_test ${name})
    endif()
    gtest_discover_tests(bimix_${name}_test DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS serial TIMEOUT ${timeout} ENVIRONMENT RC_PARAMS=seed=1)
    bimix_quick_tests(bimix_${name}_test serial)
  endif()
  if(arg_MPI)
    bimix_test_program(bimix_${name}_mpi_test SOURCES ${arg_MPI}
                       LIBRARIES bimix_${name} bimix_par bimix_mpi_main)
    if(BIMIX_SANITIZE)
      bimix_layers_come_first(bimix_${name}_mpi_test ${name})
    endif()
    foreach(ranks 1 2 3)
      add_test(NAME ${name}_mpi_${ranks}
               COMMAND ${PROJECT_SOURCE_DIR}/scripts/mpirun -n ${ranks}
                       $<TARGET_FILE:bimix_${name}_mpi_test>)
      set_tests_properties(${name}_mpi_${ranks} PROPERTIES LABELS "mpi;quick" PROCESSORS ${ranks} TIMEOUT ${timeout})
    endforeach()
  endif()
endfunction()
