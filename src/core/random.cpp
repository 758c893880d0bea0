#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>

#include <Random123/philox.h>
#include <boost/random/gamma_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>

namespace bimix::core {

RandomStream::RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t a, std::uint64_t b)
    : key_{seed, static_cast<std::uint64_t>(purpose)}, substream_{a, b} {}

RandomStream::result_type RandomStream::operator()() {
  const std::uint64_t lane = position_ % 4;
  if (lane == 0) {
    const r123::Philox4x64::ctr_type counter{{position_ / 4, 0, substream_[0], substream_[1]}};
    const r123::Philox4x64::key_type key{{key_[0], key_[1]}};
    const auto block = r123::Philox4x64()(counter, key);
    block_ = {block[0], block[1], block[2], block[3]};
  }
  ++position_;
  return block_[lane];
}

double RandomStream::uniform() {
  // 53 random bits centred in their cell: never 0, never 1.
  return (static_cast<double>((*this)() >> 11) + 0.5) * 0x1p-53;
}

std::uint64_t RandomStream::below(std::uint64_t count) {
  require(count > 0, "RandomStream::below needs a positive count");
  return boost::random::uniform_int_distribution<std::uint64_t>(0, count - 1)(*this);
}

double RandomStream::normal() { return boost::random::normal_distribution<double>()(*this); }

double RandomStream::gamma(double shape) {
  require(shape > 0, "RandomStream::gamma needs a positive shape");
  return boost::random::gamma_distribution<double>(shape)(*this);
}

void RandomStream::seek(std::uint64_t n) {
  position_ = n - n % 4;
  for (const std::uint64_t end = n; position_ < end;) (*this)();
}

}  // namespace bimix::core
