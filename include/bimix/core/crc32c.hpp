#pragma once

#include <cstdint>
#include <string_view>

namespace bimix::core {

/// CRC-32C (Castagnoli, reflected, start and final XOR ffffffff); "123456789" gives e3069283.
std::uint32_t crc32c(std::string_view bytes);

/// The same as TFRecord disguises it, so that a checksum of checksums is no trivial number.
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace bimix::core
