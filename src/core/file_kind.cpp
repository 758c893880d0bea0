#include <bimix/core/crc32c.hpp>
#include <bimix/core/file_kind.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>

namespace bimix::core {
namespace {

using namespace std::string_view_literals;
using Form = FileKind::Form;

constexpr auto leave_out = "Leave it out"sv;

/// A kind, the bytes that tell it and where they stand.
struct Sign {
  std::string_view bytes;
  FileKind kind;
  std::size_t at = 0;
};

constexpr FileKind gzip{"compressed by gzip", ".gz", "Unpack it with `gunzip -c {0} > {1}`", "",
                        Form::compressed};
constexpr FileKind zstd{"compressed by zstd", ".zst", "Unpack it with `zstd -d {0} -o {1}`", "",
                        Form::compressed};
constexpr FileKind bzip2{"compressed by bzip2", ".bz2", "Unpack it with `bzip2 -dc {0} > {1}`", "",
                         Form::compressed};
constexpr FileKind compress{"compressed by compress", ".Z", "Unpack it with `gunzip -c {0} > {1}`",
                            "", Form::compressed};
constexpr FileKind tar{"a tar archive", ".tar", "Unpack it with `tar -xf {0}`"};
/// Of names of tar archives that were compressed, besides `.tar.gz` and the like.
constexpr std::array tar_endings{".tgz"sv,  ".tbz"sv, ".tbz2"sv, ".txz"sv,
                                 ".tzst"sv, ".tlz"sv, ".taz"sv};
constexpr FileKind zip{"a zip archive", ".zip", "Unpack it with `unzip {0}`"};
constexpr FileKind numpy_archive{
    "an archive of NumPy arrays", ".npz",
    "Say `tokens: uint16` or `tokens: uint32` and save the tokens with numpy.save",
    "Save its columns as a table, for example with numpy.savetxt"};
constexpr FileKind torch_archive{
    "a zip archive of PyTorch", ".pt",
    "Load it with torch.load and write its texts, or its tokens with numpy.save",
    "Load it with torch.load and write its numbers as CSV"};
constexpr FileKind office{"a document of an office program", "", "Save it as plain text there",
                          "Save it as CSV there"};
constexpr FileKind arrow_stream{
    "an Arrow stream", ".arrow",
    "Write its texts with `python3 -c \"import pyarrow as a,sys; "
    "print(*a.ipc.open_stream(a.memory_map(sys.argv[1])).read_pandas().text, sep='\\n\\n')\" "
    "{0} > {1}`",
    "Convert it with `python3 -c \"import pyarrow as a,sys; "
    "a.ipc.open_stream(a.memory_map(sys.argv[1])).read_pandas().to_csv(sys.argv[2], "
    "index=False)\" {0} {1}`"};
constexpr FileKind orc{"an ORC table", ".orc", "Convert it with pandas.read_orc"};
constexpr FileKind pickle{"a pickle of Python", ".pkl",
                          "Load it with Python and write its texts, or its tokens with numpy.save",
                          "Load it with Python and write its numbers as CSV"};
constexpr FileKind tf_record{"a TFRecord file", ".tfrecord",
                             "Write its texts with tf.data.TFRecordDataset"};
constexpr FileKind duckdb{"a DuckDB database", ".duckdb", "Write its texts with duckdb",
                          "Write its table as CSV with duckdb"};
constexpr FileKind model{"a model's weights", "", leave_out};
constexpr FileKind picture{"a picture", "", leave_out};
constexpr FileKind sound{"a sound or a film", "", leave_out};
constexpr FileKind program{"a program", "", leave_out};
constexpr FileKind utf16{.name = "text in UTF-16",
                         .for_text = "Convert it with `iconv -f UTF-16 -t UTF-8 {0} > {1}`",
                         .form = Form::encoded};
constexpr FileKind utf16_little{
    .name = "text in UTF-16",
    .for_text = "Convert it with `iconv -f UTF-16LE -t UTF-8 {0} > {1}`",
    .form = Form::encoded};
constexpr FileKind utf16_big{.name = "text in UTF-16",
                             .for_text = "Convert it with `iconv -f UTF-16BE -t UTF-8 {0} > {1}`",
                             .form = Form::encoded};
constexpr FileKind utf32{.name = "text in UTF-32",
                         .for_text = "Convert it with `iconv -f UTF-32 -t UTF-8 {0} > {1}`",
                         .form = Form::encoded};

/// Longer signs stand before those that they begin with.
constexpr std::array signs{
    // Compressed.
    Sign{"\x28\xb5\x2f\xfd", zstd},
    Sign{"\xfd"
         "7zXZ\0"sv,
         {"compressed by xz", ".xz", "Unpack it with `xz -dc {0} > {1}`", "", Form::compressed}},
    Sign{"\x04\x22\x4d\x18",
         {"compressed by lz4", ".lz4", "Unpack it with `lz4 -d {0} {1}`", "", Form::compressed}},
    Sign{
        "LZIP\x01",
        {"compressed by lzip", ".lz", "Unpack it with `lzip -dc {0} > {1}`", "", Form::compressed}},
    Sign{"\x89LZO\0\r\n\x1a\n"sv,
         {"compressed by lzop", ".lzo", "Unpack it with `lzop -dc {0} > {1}`", "",
          Form::compressed}},
    Sign{"\xff\x06\0\0sNaPpY"sv,
         {"compressed by snappy", ".sz", "Unpack it with `python3 -m snappy -d {0} {1}`", "",
          Form::compressed}},
    // Archives.
    Sign{"7z\xbc\xaf\x27\x1c", {"a 7z archive", ".7z", "Unpack it with `7z x {0}`"}},
    Sign{"Rar!\x1a\x07", {"a rar archive", ".rar", "Unpack it with `unrar x {0}`"}},
    Sign{"ustar\0"sv, tar, 257},
    Sign{"ustar  \0"sv, tar, 257},
    // Tables, arrays and databases.
    Sign{"PAR1",
         {"a Parquet table", ".parquet",
          "Write its texts with `python3 -c \"import pandas,sys; "
          "print(*pandas.read_parquet(sys.argv[1]).text, sep='\\n\\n')\" {0} > {1}`, or let "
          "scripts/parquet_lines print its documents (`bimix help campaign`, `read`)",
          "Convert it with `python3 -c \"import pandas,sys; "
          "pandas.read_parquet(sys.argv[1]).to_csv(sys.argv[2], index=False)\" {0} {1}`"}},
    Sign{"ARROW1\0\0"sv,
         {"an Arrow table", ".arrow",
          "Write its texts with `python3 -c \"import pandas,sys; "
          "print(*pandas.read_feather(sys.argv[1]).text, sep='\\n\\n')\" {0} > {1}`",
          "Convert it with `python3 -c \"import pandas,sys; "
          "pandas.read_feather(sys.argv[1]).to_csv(sys.argv[2], index=False)\" {0} {1}`"}},
    Sign{"FEA1", {"a Feather table", ".feather", "Convert it with pandas.read_feather"}},
    Sign{"Obj\x01", {"an Avro table", ".avro", "Convert it with `avro-tools tojson {0} > {1}`"}},
    Sign{"\x93NUMPY",
         {"a NumPy array", ".npy", "Say `tokens: uint16` or `tokens: uint32` if it holds tokens",
          "Convert it with `python3 -c \"import numpy,sys; "
          "numpy.savetxt(sys.argv[2], numpy.load(sys.argv[1]), delimiter=',')\" {0} {1}`, and put "
          "a line with the columns' names before it"}},
    Sign{"SQLite format 3\0"sv,
         {"an SQLite database", ".db",
          "Write its texts with `sqlite3 {0} \"select text from TABLE\" > {1}`, with your TABLE",
          "Write a table of it with `sqlite3 -csv -header {0} \"select * from TABLE\" > {1}`, with "
          "your TABLE (MLflow's is metrics)"}},
    Sign{"\x89HDF\r\n\x1a\n", {"an HDF5 file", ".h5", "Write its content as text with h5dump"}},
    Sign{"CDF\x01", {"a netCDF file", ".nc", "Write its content as text with ncdump"}},
    Sign{"CDF\x02", {"a netCDF file", ".nc", "Write its content as text with ncdump"}},
    Sign{"CDF\x05", {"a netCDF file", ".nc", "Write its content as text with ncdump"}},
    Sign{"MATLAB 5.0", {"a file of MATLAB", ".mat", "Write its content as text with MATLAB"}},
    Sign{
        "\xde\xc0\xef\xbe", {"an LMDB database", ".mdb", "Write its texts with Python's lmdb"}, 16},
    // Packed tokens.
    Sign{"MMIDIDX\0\0"sv,
         {"the index of Megatron's packed tokens", ".idx",
          "Name the .bin beside it, with `tokens: uint16` or `tokens: uint32`", leave_out}},
    Sign{"\x98\xd8\x34\x01",
         {"a shard of uint16 tokens as llm.c writes them", ".bin", "Say `tokens: uint16`",
          leave_out}},
    Sign{"\xb1\xd9\x34\x01",
         {"a shard of uint32 tokens as llm.c writes them", ".bin", "Say `tokens: uint32`",
          leave_out}},
    // Documents, programs, pictures, sounds.
    Sign{"%PDF-", {"a PDF document", ".pdf", "Write its text with `pdftotext {0} {1}`"}},
    Sign{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", office},
    Sign{"\x7f"
         "ELF",
         program},
    Sign{"MZ\x90\0"sv, program},
    Sign{"\xca\xfe\xba\xbe", program},
    Sign{"\xcf\xfa\xed\xfe", program},
    Sign{"\0asm"sv, program},
    Sign{"\x89PNG\r\n\x1a\n", picture},
    Sign{"\xff\xd8\xff", picture},
    Sign{"GIF87a", picture},
    Sign{"GIF89a", picture},
    Sign{"II*\0"sv, picture},
    Sign{"MM\0*"sv, picture},
    Sign{"OggS\0"sv, sound},
    Sign{"fLaC\0"sv, sound},
    Sign{"ID3\x03", sound},
    Sign{"ID3\x04", sound},
    Sign{"\x1a\x45\xdf\xa3", sound},
    // Text, but not as it stands.
    Sign{"\xff\xfe\0\0"sv, utf32},
    Sign{"\0\0\xfe\xff"sv, utf32},
    Sign{"\xff\xfe", utf16},
    Sign{"\xfe\xff", utf16},
    Sign{"version https://git-lfs.github.com/spec/",
         {.name = "a pointer of Git LFS",
          .for_text = "Get the file itself with `git lfs pull`",
          .form = Form::encoded}},
    Sign{"/annex/objects/",
         {.name = "a pointer of git-annex",
          .for_text = "Get the file itself with `git annex get {0}`",
          .form = Form::encoded}},
};

/// A byte of the file, 0 behind its end.
unsigned byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

std::uint32_t word_at(std::string_view bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 4; i-- > 0;) word = word << 8 | byte_at(bytes, at + i);
  return word;
}

/// By the name of the first file in it.
FileKind kind_of_zip(std::string_view bytes) {
  constexpr std::size_t length_at = 26, name_at = 30;
  const std::size_t length = word_at(bytes, length_at) & 0xffff;
  const std::string_view name = bytes.substr(std::min(name_at, bytes.size()), length);
  if (name.ends_with(".npy")) return numpy_archive;
  if (name.ends_with("/data.pkl")) return torch_archive;
  if (name == "[Content_Types].xml" || name == "mimetype" || name.starts_with("_rels/"))
    return office;
  return zip;
}

/// Python's protocols 2 and 3 begin with an opcode that makes something; 4 and 5 with a frame.
bool is_pickle(std::string_view bytes) {
  if (byte_at(bytes, 0) != 0x80) return false;
  const unsigned protocol = byte_at(bytes, 1);
  if (protocol == 4 || protocol == 5) return byte_at(bytes, 2) == 0x95;
  return (protocol == 2 || protocol == 3) && bytes.size() > 2 &&
         "]})(cXKMJG\x8a"sv.find(bytes[2]) != std::string_view::npos;
}

/// A length of 8 bytes and its checksum.
bool is_tf_record(std::string_view bytes) {
  constexpr std::size_t length_bytes = 8;
  return bytes.size() >= length_bytes + 4 &&
         word_at(bytes, length_bytes) == masked_crc32c(bytes.substr(0, length_bytes));
}

/// Formats that share a first word of ASCII with what a text could begin with.
std::optional<FileKind> kind_behind_words(std::string_view bytes) {
  const auto is_word_then_small = [&](std::string_view word, std::size_t at) {
    const std::size_t behind = at + word.size();
    return bytes.substr(std::min(at, bytes.size())).starts_with(word) &&
           bytes.size() >= behind + 4 && byte_at(bytes, behind + 3) == 0;
  };
  if (is_word_then_small("GGUF", 0)) return model;
  if (is_word_then_small("DUCK", 8)) return duckdb;
  if (bytes.starts_with("ORC") && (byte_at(bytes, 3) < ' ' || byte_at(bytes, 3) > '~')) return orc;
  const std::string_view inner = bytes.substr(std::min<std::size_t>(8, bytes.size()), 4);
  if (bytes.starts_with("RIFF") && inner == "WEBP") return picture;
  if (bytes.starts_with("RIFF") && (inner == "WAVE" || inner == "AVI ")) return sound;
  if (byte_at(bytes, 0) == 0 && bytes.substr(0, 8).ends_with("ftyp")) return sound;
  return std::nullopt;
}

/// Compressors whose first bytes are few, with what else must hold of a head.
std::optional<FileKind> kind_of_head(std::string_view bytes) {
  const unsigned third = byte_at(bytes, 2);
  if (bytes.starts_with("\x1f\x8b") && third == 8 && byte_at(bytes, 3) < 0x20) return gzip;
  const unsigned most_bits = third & 0x1f;
  if (bytes.starts_with("\x1f\x9d") && (third & 0x60) == 0 && most_bits >= 9 && most_bits <= 16)
    return compress;
  const std::string_view block = bytes.substr(std::min<std::size_t>(4, bytes.size()));
  if (bytes.starts_with("BZh") &&
      (block.starts_with("1AY&SY") || block.starts_with("\x17\x72\x45\x38\x50\x90")))
    return bzip2;
  // Some writers begin with a frame that is skipped.
  if ((word_at(bytes, 0) & 0xfffffff0u) == 0x184d2a50u) return zstd;
  if (bytes.starts_with("PK\x03\x04")) return kind_of_zip(bytes);
  if (bytes.starts_with("PK\x05\x06") || bytes.starts_with("PK\x07\x08")) return zip;
  return std::nullopt;
}

/// Kinds that begin with a length.
std::optional<FileKind> kind_behind_length(std::string_view bytes) {
  constexpr std::uint32_t longest = 1u << 28;
  const std::uint32_t first = word_at(bytes, 0), second = word_at(bytes, 4);
  if (first == 0xffffffffu && second > 0 && second < longest) return arrow_stream;
  if (first < longest && second == 0 && bytes.substr(0, 10).ends_with("{\"")) return model;
  if (is_pickle(bytes)) return pickle;
  if (is_tf_record(bytes)) return tf_record;
  return std::nullopt;
}

/// Where to write what is made of the file: "a.csv" for "a.csv.gz", "a.utf8.csv" for "a.csv".
std::string target_of(const FileKind& kind, const std::string& path, std::string_view ending) {
  std::string_view stem = path;
  if (!kind.suffix.empty() && stem.ends_with(kind.suffix)) stem.remove_suffix(kind.suffix.size());
  const std::filesystem::path rest(stem);
  if (kind.form == Form::encoded)
    return (rest.parent_path() / rest.stem()).string() + ".utf8" + rest.extension().string();
  return rest.has_extension() && kind.form == Form::compressed && stem.size() < path.size()
             ? std::string(stem)
             : std::string(stem) + std::string(ending);
}

/// Whether the name says that a tar archive was compressed.
bool names_packed_tar(const std::string& path) {
  const std::string name = lower_case(path);
  return name.find(".tar.") != std::string::npos ||
         std::any_of(tar_endings.begin(), tar_endings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

std::optional<FileKind> utf16_without_mark(std::string_view first_bytes) {
  constexpr std::size_t looked_at = 32;
  const std::size_t bytes = std::min(looked_at, first_bytes.size()) & ~std::size_t{1};
  const auto are_letters = [&](std::size_t letter_at) {
    for (std::size_t at = 0; at < bytes; ++at) {
      const unsigned byte = byte_at(first_bytes, at);
      const bool is_letter =
          (byte >= ' ' && byte <= '~') || byte == '\t' || byte == '\r' || byte == '\n';
      if (at % 2 == letter_at ? !is_letter : byte != 0) return false;
    }
    return bytes > 2;
  };
  if (are_letters(0)) return utf16_little;
  if (are_letters(1)) return utf16_big;
  return std::nullopt;
}

}  // namespace

std::optional<FileKind> file_kind(std::string_view first_bytes) {
  const auto known = std::find_if(signs.begin(), signs.end(), [&](const Sign& sign) {
    return first_bytes.size() >= sign.at && first_bytes.substr(sign.at).starts_with(sign.bytes);
  });
  if (known != signs.end()) return known->kind;
  for (const auto& told : {kind_of_head, kind_behind_words, kind_behind_length})
    if (const auto kind = told(first_bytes)) return kind;
  return std::nullopt;
}

std::optional<FileKind> kind_if_no_text(std::string_view first_bytes) {
  const auto kind = file_kind(first_bytes);
  return kind ? kind : utf16_without_mark(first_bytes);
}

std::string remedy_for(const FileKind& given, const std::string& path, Wanted wanted) {
  const FileKind& kind = given.form == Form::compressed && names_packed_tar(path) ? tar : given;
  const bool as_table = wanted == Wanted::table;
  const std::string_view form =
      as_table && !kind.for_table.empty() ? kind.for_table : kind.for_text;
  // A name that begins with a hyphen would be taken for an option.
  const std::string file = path.starts_with('-') ? "./" + path : path;
  const std::string target = target_of(kind, file, as_table ? ".csv" : ".txt");
  return fmt::format(fmt::runtime(form), shell_word(file), shell_word(target));
}

}  // namespace bimix::core
