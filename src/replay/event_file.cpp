#include "event_file.hpp"

#include "text_lines.hpp"

#include <bimix/core/crc32c.hpp>

#include <bit>
#include <optional>
#include <type_traits>

namespace bimix::replay {
namespace {

constexpr std::size_t length_bytes = 8, checksum_bytes = 4;
constexpr std::size_t head_bytes = length_bytes + checksum_bytes;

/// A little-endian number at the front of `bytes`.
template <class Number>
Number number_at(std::string_view bytes) {
  std::make_unsigned_t<Number> value = 0;
  for (std::size_t i = sizeof(Number); i-- > 0;)
    value = static_cast<std::make_unsigned_t<Number>>((value << 8) |
                                                      static_cast<unsigned char>(bytes[i]));
  return static_cast<Number>(value);
}

bool is_sound(std::string_view bytes, std::string_view checksum) {
  return core::masked_crc32c(bytes) == number_at<std::uint32_t>(checksum);
}

/// What a message's bytes do wrong; caught where the record is known.
struct NoMessage {};

/// One field of a protocol-buffer message.
struct Field {
  std::uint64_t number = 0;
  std::uint64_t whole = 0;   ///< of a varint
  std::string_view bytes{};  ///< of all other kinds
};

/// Walks over the fields of a message.
/// @see https://protobuf.dev/programming-guides/encoding
class Message {
 public:
  explicit Message(std::string_view bytes) : rest_(bytes) {}

  /// The next field; nothing at the end. @throws NoMessage
  std::optional<Field> next() {
    if (rest_.empty()) return std::nullopt;
    const std::uint64_t key = varint();
    Field field{.number = key >> 3};
    switch (key & 7) {
      case 0:
        field.whole = varint();
        break;
      case 1:
        field.bytes = take(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        field.bytes = take(4);
        break;
      default:
        throw NoMessage{};  // groups are long gone; the rest never was
    }
    return field;
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    throw NoMessage{};
  }

  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) throw NoMessage{};
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }

  std::string_view rest_;
};

double float_at(std::string_view bytes) {
  return static_cast<double>(std::bit_cast<float>(number_at<std::uint32_t>(bytes)));
}

/// The value of a tensor of one float; nothing for other tensors.
std::optional<double> scalar_of_tensor(std::string_view bytes) {
  constexpr std::uint64_t dtype = 1, content = 4, float_values = 5, type_float = 1;
  std::uint64_t type = 0;
  std::string_view value;
  Message tensor(bytes);
  while (const auto field = tensor.next()) {
    if (field->number == dtype) type = field->whole;
    if (field->number == content || field->number == float_values) value = field->bytes;
  }
  if (type != type_float || value.size() != sizeof(float)) return std::nullopt;
  return float_at(value);
}

void read_value(std::string_view bytes, EventScalar& scalar,
                const std::function<void(const EventScalar&)>& take) {
  constexpr std::uint64_t tag = 1, simple_value = 2, tensor = 8;
  std::optional<double> value;
  Message message(bytes);
  while (const auto field = message.next()) {
    if (field->number == tag) scalar.tag = field->bytes;
    if (field->number == simple_value) {
      if (field->bytes.size() != sizeof(float)) throw NoMessage{};
      value = float_at(field->bytes);
    }
    if (field->number == tensor) value = scalar_of_tensor(field->bytes);
  }
  if (!value) return;
  scalar.value = *value;
  take(scalar);
}

void read_event(std::string_view bytes, int record,
                const std::function<void(const EventScalar&)>& take) {
  constexpr std::uint64_t step = 2, summary = 5, value = 1;
  EventScalar scalar{.record = record};
  std::string_view values;
  Message event(bytes);
  while (const auto field = event.next()) {
    if (field->number == step) scalar.step = static_cast<std::int64_t>(field->whole);
    if (field->number == summary) values = field->bytes;
  }
  Message message(values);
  while (const auto field = message.next())
    if (field->number == value) read_value(field->bytes, scalar, take);
}

}  // namespace

bool begins_as_records(std::string_view bytes) {
  return bytes.size() >= head_bytes &&
         is_sound(bytes.substr(0, length_bytes), bytes.substr(length_bytes));
}

bool read_event_scalars(std::string_view bytes, const std::string& path,
                        const std::function<void(const EventScalar&)>& take) {
  const auto refuse = [&](int record, const std::string& problem) {
    return bad_line(path, record, "record " + std::to_string(record) + ": " + problem,
                    "the file was changed on its way, or is no event file", "Copy it again");
  };
  for (int record = 1; !bytes.empty(); ++record) {
    if (bytes.size() < head_bytes) return false;
    if (!begins_as_records(bytes)) throw refuse(record, "the checksum of its length is wrong");
    const auto length = number_at<std::uint64_t>(bytes);
    bytes.remove_prefix(head_bytes);
    if (bytes.size() < checksum_bytes || length > bytes.size() - checksum_bytes) return false;
    const std::string_view data = bytes.substr(0, length);
    bytes.remove_prefix(length);
    if (!is_sound(data, bytes)) throw refuse(record, "its checksum is wrong");
    bytes.remove_prefix(checksum_bytes);
    try {
      read_event(data, record, take);
    } catch (const NoMessage&) {
      throw refuse(record, "it holds no event");
    }
  }
  return true;
}

}  // namespace bimix::replay
