// The kernels for what every processor of the architecture has.
#define BIMIX_LANES 4
#define BIMIX_KERNELS kernels_baseline
#include "kernels_impl.hpp"
