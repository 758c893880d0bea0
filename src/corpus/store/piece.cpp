#include "piece.hpp"

namespace bimix::corpus {
namespace {

std::filesystem::path with_suffix(const std::filesystem::path& name, const char* suffix) {
  return name.string() + suffix;
}

MappedFile map_unless_empty(const std::filesystem::path& path) {
  return std::filesystem::file_size(path) == 0 ? MappedFile() : map_file(path);
}

}  // namespace

PieceWriter::PieceWriter(const std::filesystem::path& name)
    : texts_(with_suffix(name, ".texts"), OutputFile::How::anew),
      records_(with_suffix(name, ".records"), OutputFile::How::anew) {}

void PieceWriter::add(const DocumentRecord& record, std::span<const std::uint8_t> text) {
  texts_.write_values(text);
  records_.write_values(std::span(&record, 1));
}

void PieceWriter::close() {
  texts_.close();
  records_.close();
}

CodesWriter::CodesWriter(const std::filesystem::path& name)
    : codes_(with_suffix(name, ".tokens"), OutputFile::How::anew),
      counts_(with_suffix(name, ".counts"), OutputFile::How::anew) {}

void CodesWriter::add(std::span<const std::byte> codes, std::uint64_t count) {
  codes_.write(codes);
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
      counts(reinterpret_cast<const std::uint64_t*>(counts_file.bytes.data()),
             counts_file.bytes.size() / sizeof(std::uint64_t)) {}

Piece::Piece(const std::filesystem::path& name)
    : texts_file(map_unless_empty(with_suffix(name, ".texts"))),
      records_file(map_unless_empty(with_suffix(name, ".records"))),
      texts(texts_file.bytes),
      records(reinterpret_cast<const DocumentRecord*>(records_file.bytes.data()),
              records_file.bytes.size() / sizeof(DocumentRecord)) {}

}  // namespace bimix::corpus
