#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace bimix::replay {

/// One scalar of a TensorBoard event file.
struct EventScalar {
  int record = 0;  ///< number of its record, from 1
  std::int64_t step = 0;
  std::string tag{};
  double value = 0.0;
};

/// Whether the bytes begin with a TFRecord header whose checksum is right.
bool begins_as_records(std::string_view bytes);

/// Reads the scalars of a TensorBoard event file in order: records of TFRecord framing (length,
/// masked CRC-32C of the length, data, masked CRC-32C of the data; little endian) that hold Event
/// messages of protocol buffers. A scalar is a simple_value, or a tensor of one float.
/// @param path for messages, where the record's number stands for the line
/// @return false if the last record was cut, which is how a writer that was killed leaves it
/// @throws DataError for a checksum that is wrong and for what is no Event
/// @see tensorflow/core/util/event.proto, summary.proto, tensor.proto: facts about the layout
bool read_event_scalars(std::string_view bytes, const std::string& path,
                        const std::function<void(const EventScalar&)>& take);

}  // namespace bimix::replay
