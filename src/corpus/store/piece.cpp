#include "piece.hpp"

#include <system_error>

namespace bimix::corpus {
namespace {

std::filesystem::path with_suffix(const std::filesystem::path& name, const char* suffix) {
  return name.string() + suffix;
}

std::filesystem::path held_by(const std::filesystem::path& name, Held held) {
  return with_suffix(name, held == Held::texts ? ".texts" : ".places");
}

MappedFile map_unless_empty(const std::filesystem::path& path) {
  return std::filesystem::file_size(path) == 0 ? MappedFile() : map_file(path);
}

template <class T>
std::span<const T> values_in(const MappedFile& file) {
  return {reinterpret_cast<const T*>(file.bytes.data()), file.bytes.size() / sizeof(T)};
}

}  // namespace

PieceWriter::PieceWriter(const std::filesystem::path& name, Held held)
    : held_(held_by(name, held), OutputFile::How::anew),
      records_(with_suffix(name, ".records"), OutputFile::How::anew) {}

void PieceWriter::add(const DocumentRecord& record, std::span<const std::uint8_t> text) {
  held_.write_values(text);
  records_.write_values(std::span(&record, 1));
}

void PieceWriter::add(const DocumentRecord& record, const DocumentPlace& place) {
  held_.write_values(std::span(&place, 1));
  records_.write_values(std::span(&record, 1));
}

void PieceWriter::close() {
  held_.close();
  records_.close();
}

Piece::Piece(const std::filesystem::path& name, Held held)
    : held_file(held == Held::nothing ? MappedFile() : map_unless_empty(held_by(name, held))),
      records_file(map_unless_empty(with_suffix(name, ".records"))),
      records(values_in<DocumentRecord>(records_file)) {
  if (held == Held::texts) texts = held_file.bytes;
  if (held == Held::places) places = values_in<DocumentPlace>(held_file);
}

void Piece::drop_texts(const std::filesystem::path& name) {
  std::error_code harmless;  // they take room until the store is complete
  std::filesystem::remove(held_by(name, Held::texts), harmless);
}

std::uint64_t Piece::bytes() const {
  std::uint64_t sum = 0;
  for (const DocumentRecord& record : records) sum += record.bytes;
  return sum;
}

CodesWriter::CodesWriter(const std::filesystem::path& name)
    : codes_(with_suffix(name, ".tokens"), OutputFile::How::anew),
      counts_(with_suffix(name, ".counts"), OutputFile::How::anew) {}

void CodesWriter::end(std::uint64_t count) {
  counts_.write_values(std::span<const std::uint64_t>(&count, 1));
}

void CodesWriter::close() {
  codes_.close();
  counts_.close();
}

Codes::Codes(const std::filesystem::path& name)
    : codes_file(map_unless_empty(with_suffix(name, ".tokens"))),
      counts_file(map_unless_empty(with_suffix(name, ".counts"))),
      codes(codes_file.bytes),
      counts(values_in<std::uint64_t>(counts_file)) {}

}  // namespace bimix::corpus
