// The kernels for AVX-512.
#define BIMIX_LANES 16
#define BIMIX_KERNELS kernels_avx512
#include "kernels_impl.hpp"
