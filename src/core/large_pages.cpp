#include <bimix/core/large_pages.hpp>

#include <sys/mman.h>

namespace bimix::core {
namespace {

constexpr std::align_val_t page{std::size_t{2} << 20};

}  // namespace

void* take_large_pages(std::size_t bytes) noexcept {
  void* const memory = ::operator new(bytes, page, std::nothrow);
  // Advice: where it is not taken, small pages do.
  if (memory != nullptr) madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

void give_back_large_pages(void* memory) noexcept { ::operator delete(memory, page); }

}  // namespace bimix::core
