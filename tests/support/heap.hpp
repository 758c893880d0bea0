#pragma once

#include <malloc.h>

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define BIMIX_OWN_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BIMIX_OWN_HEAP 1
#endif
#endif
#ifdef BIMIX_OWN_HEAP
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace bimix::test {

/// Bytes that this process has allocated and not freed. The address sanitizer has a heap of its
/// own, of which mallinfo2() sees nothing: its zeros would pass every upper limit.
inline std::size_t heap_bytes() {
#ifdef BIMIX_OWN_HEAP
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

}  // namespace bimix::test
