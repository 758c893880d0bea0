# cmake -C scripts/cmake/fuzz.cmake -S . -B build/fuzz -DCMAKE_CXX_COMPILER=clang++-14
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1" CACHE STRING "")
set(BIMIX_WERROR ON CACHE BOOL "")
set(BIMIX_SANITIZE "address,undefined,fuzzer-no-link" CACHE STRING "")
# The sources of a layer are read as a few: most of the time goes into what they include.
set(CMAKE_UNITY_BUILD ON CACHE BOOL "")
set(CMAKE_UNITY_BUILD_BATCH_SIZE 10 CACHE STRING "")
