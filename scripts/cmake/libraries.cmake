# Every library bimix uses, found once. Names follow the Debian, Spack and conda packages listed in
# README.md; a missing one ends the configure step with the find module's own message.
find_package(Threads REQUIRED)
find_package(MPI REQUIRED COMPONENTS C)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(fmt REQUIRED)
find_package(absl REQUIRED)
if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW)  # Boost comes with its own CMake files
endif()
find_package(Boost 1.71 REQUIRED)
find_package(nlohmann_json 3.9 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C HL)
find_package(simdjson REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)  # zstd has CMake files where it was built by CMake only
pkg_check_modules(BIMIX_ZSTD REQUIRED IMPORTED_TARGET libzstd)

# oneDNN's own config file asks for OpenCL where it was built with GPU support; the CPU side needs
# none of it.
find_path(BIMIX_DNNL_INCLUDE dnnl.h REQUIRED)
find_library(BIMIX_DNNL_LIBRARY dnnl REQUIRED)
add_library(bimix_dnnl INTERFACE)
target_include_directories(bimix_dnnl SYSTEM INTERFACE ${BIMIX_DNNL_INCLUDE})
target_link_libraries(bimix_dnnl INTERFACE ${BIMIX_DNNL_LIBRARY})

# Its .pc file of Debian 13 asks for that of protobuf-lite, which no program that uses it needs.
find_path(BIMIX_SENTENCEPIECE_INCLUDE sentencepiece_processor.h REQUIRED)
find_library(BIMIX_SENTENCEPIECE_LIBRARY sentencepiece REQUIRED)
find_library(BIMIX_SENTENCEPIECE_TRAIN_LIBRARY sentencepiece_train REQUIRED)
add_library(bimix_sentencepiece INTERFACE)
target_include_directories(bimix_sentencepiece SYSTEM INTERFACE ${BIMIX_SENTENCEPIECE_INCLUDE})
target_link_libraries(bimix_sentencepiece INTERFACE ${BIMIX_SENTENCEPIECE_TRAIN_LIBRARY}
                                                    ${BIMIX_SENTENCEPIECE_LIBRARY})

# MPI's C++ bindings are gone from the standard and must not be pulled in by <mpi.h>.
target_compile_definitions(MPI::MPI_C INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)

# FindHDF5 gives variables that differ between versions; one target hides that. A parallel HDF5
# includes <mpi.h>, so such a build links MPI as well.
add_library(bimix_hdf5 INTERFACE)
target_include_directories(bimix_hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE_DIRS})
target_link_libraries(bimix_hdf5 INTERFACE ${HDF5_C_HL_LIBRARIES} ${HDF5_C_LIBRARIES})
if(HDF5_IS_PARALLEL)
  target_link_libraries(bimix_hdf5 INTERFACE MPI::MPI_C)
endif()

# Header-only libraries without CMake packages.
find_path(BIMIX_RANDOM123_INCLUDE Random123/philox.h REQUIRED)
add_library(bimix_random123 INTERFACE)
target_include_directories(bimix_random123 SYSTEM INTERFACE ${BIMIX_RANDOM123_INCLUDE})
find_path(BIMIX_XXHASH_INCLUDE xxhash.h REQUIRED)
add_library(bimix_xxhash INTERFACE)
target_include_directories(bimix_xxhash SYSTEM INTERFACE ${BIMIX_XXHASH_INCLUDE})
target_compile_definitions(bimix_xxhash INTERFACE XXH_INLINE_ALL)

# -ffp-contract=off: a*b+c must not depend on how a compiler chose to inline, or bits would differ
# between builds of the same source; kernels that want FMA ask for it.
add_library(bimix_warnings INTERFACE)
target_compile_options(bimix_warnings INTERFACE -Wall -Wextra -Wshadow -Wconversion
                                                -Wno-sign-conversion -ffp-contract=off)
if(CMAKE_UNITY_BUILD)  # what is of one file then shadows what is of the next
  target_compile_options(bimix_warnings INTERFACE -Wno-shadow)
endif()
# g++ 12 sees overlapping copies in operator+("...", std::string) at -O2 where there are none
# (GCC bug 105651, mended in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(bimix_warnings INTERFACE -Wno-restrict)
endif()
if(BIMIX_WERROR)
  target_compile_options(bimix_warnings INTERFACE -Werror)
endif()
if(BIMIX_SANITIZE)
  add_compile_options(-fsanitize=${BIMIX_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${BIMIX_SANITIZE})
  # These check every access once more, which the address sanitizer does anyway; with them vector
  # kernels take three times as long to compile.
  if(BIMIX_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize=null,pointer-overflow,object-size,vptr)
  endif()
  # Settings that the sanitizers look up by name; -u because nothing else refers to them.
  add_library(bimix_sanitizers STATIC ${PROJECT_SOURCE_DIR}/tests/support/sanitizers.cpp)
  target_link_libraries(bimix_warnings INTERFACE bimix_sanitizers)
  add_link_options(LINKER:-u,__lsan_default_suppressions)
endif()
