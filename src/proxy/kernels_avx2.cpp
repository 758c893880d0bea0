// The kernels for AVX2 and FMA.
#define BIMIX_LANES 8
#define BIMIX_KERNELS kernels_avx2
#include "kernels_impl.hpp"
