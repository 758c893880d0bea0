# cmake -C scripts/cmake/asan.cmake -S . -B build/asan
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1" CACHE STRING "")
set(BIMIX_WERROR ON CACHE BOOL "")
set(BIMIX_SANITIZE "address,undefined" CACHE STRING "")
# The sources of a layer are read as a few: most of the time goes into what they include.
set(CMAKE_UNITY_BUILD ON CACHE BOOL "")
set(CMAKE_UNITY_BUILD_BATCH_SIZE 10 CACHE STRING "")
