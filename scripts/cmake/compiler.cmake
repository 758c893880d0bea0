# Ends the configure step where the compiler is too old for this C++20, in words.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR
    "${CMAKE_CXX_COMPILER}: this is GCC ${CMAKE_CXX_COMPILER_VERSION} (bimix is written in C++20 and needs GCC 12 or "
    "newer). Install a newer one (Debian, Ubuntu: apt-get install g++-12; a cluster: module avail gcc, then "
    "module load what it lists from 12 on), and configure an empty build folder with it: "
    "cmake -DCMAKE_CXX_COMPILER=g++-12 ...")
endif()
