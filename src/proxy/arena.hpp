#pragma once

#include "kernels.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace bimix::proxy {

/// Floats on a cache line boundary, owned by an arena.
class Buffer {
 public:
  Buffer(float* data, Index size) : data_(data), size_(size) {}
  float* data() const { return data_; }
  float* at(Index offset) const { return data_ + offset; }
  Index size() const { return size_; }

 private:
  float* data_;
  Index size_;
};

/// Hands out zeroed buffers that live as long as it does, side by side on pages of 2 MiB where the
/// system has them: a step touches more memory than small pages can be remembered for.
class Arena {
 public:
  /// @throws DataError if there is not enough memory
  Buffer take(Index count);

 private:
  struct Free {
    void operator()(float* chunk) const;
  };
  std::vector<std::unique_ptr<float[], Free>> chunks_{};
  float* next_ = nullptr;
  Index left_ = 0;
};

}  // namespace bimix::proxy
