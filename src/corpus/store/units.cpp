#include "units.hpp"

#include "../borders/document_index.hpp"
#include "../bytes/byte_stream.hpp"
#include "../mapped_file.hpp"
#include "../sources.hpp"
#include "manifest.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/hash.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace bimix::corpus {
namespace {

namespace fs = std::filesystem;

/// A file with all that take documents of it.
struct Source {
  Found file{};
  std::uint64_t bytes = 0;
  std::vector<Taker> takers{};
  const DomainFiles* domain = nullptr;  ///< the first that names it
  std::optional<std::size_t> first_unit{};
  std::size_t unit_count = 0;
};

/// Where the line ends that the byte before `from` is of.
std::uint64_t line_end_from(const fs::path& path, std::uint64_t from, std::uint64_t size) {
  const auto stream = open_bytes(path, {from, size});
  std::vector<char> block(std::size_t{1} << 16);
  for (std::uint64_t at = from;;) {
    const std::size_t got = stream->read(block);
    const auto end =
        std::find(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got), '\n');
    if (static_cast<std::size_t>(end - block.begin()) < got)
      return at + static_cast<std::uint64_t>(end - block.begin()) + 1;
    at += got;
    if (got < block.size()) return size;
  }
}

/// Without what lies beside files of tokens to tell of their documents.
std::vector<Found> without_indexes(std::vector<Found> found) {
  std::set<fs::path> beside;
  for (const Found& file : found)
    for (const IndexFormat* format : index_formats())
      for (const fs::path& name : {file.match.path, fs::path(file.real_path)})
        for (const fs::path& index : format->beside(name))
          if (!index.empty()) beside.insert(fs::weakly_canonical(index));
  std::erase_if(found, [&](const Found& file) { return beside.contains(file.real_path); });
  return found;
}

/// A file as it is now.
std::string described_file(const std::string& name, const fs::path& path) {
  std::error_code gone;
  const auto changed = fs::last_write_time(path, gone).time_since_epoch();
  return fmt::format("{} {} {}\n", name, fs::file_size(path, gone),
                     std::chrono::duration_cast<std::chrono::nanoseconds>(changed).count());
}

SourcePart whole_file(const Source& source) {
  return {source.file.match.path.string(), {}, source.bytes};
}

/// Files of lines in stretches, so that several ranks can read a large one; other files whole.
std::vector<SourcePart> parts_of(const Source& source, const ReadOptions& read,
                                 std::uint64_t most) {
  if (source.bytes <= most || source.domain->binary) return {whole_file(source)};
  const std::string path = source.file.match.path.string();
  const Beginning beginning = beginning_of(path, read.max_document);
  if (beginning.packing != Packing::none || !format_of(beginning, read).is_by_line())
    return {whole_file(source)};
  std::vector<SourcePart> parts;
  for (std::uint64_t from = 0; from < source.bytes;) {
    const std::uint64_t to =
        source.bytes - from <= most ? source.bytes : line_end_from(path, from + most, source.bytes);
    parts.push_back({path, {from, to}, to - from});
    from = to;
  }
  return parts;
}

class Planner {
 public:
  Planner(const CorpusOptions& options, const UnitSizes& sizes)
      : options_(options), sizes_(sizes) {}

  ReadingPlan plan() {
    check_options(options_);
    description_ = fmt::format("store {}\n", store_version);
    for (std::size_t d = 0; d < options_.domains.size(); ++d) {
      const DomainFiles& domain = options_.domains[d];
      add_side({d, Part::train}, domain.train_patterns);
      if (!domain.eval_patterns.empty()) add_side({d, Part::eval}, domain.eval_patterns);
    }
    for (std::size_t side = 0; side < plan_.sides.size(); ++side) deal_out(side);
    const TokenizerOptions& tokenizer = options_.tokenizer;
    description_ +=
        fmt::format("{} {} {} {} {} {} {} {} {}\n", options_.eval_fraction, options_.seed,
                    options_.max_document, core::word_of(options_.on_error), options_.tokens.width,
                    options_.tokens.vocabulary, options_.end_of_document, tokenizer.train,
                    tokenizer.train > 0 ? fmt::format("{}", fmt::join(options_.shares, " ")) : "");
    if (!tokenizer.sentencepiece.empty())
      description_ += core::content_hash(core::read_file(options_.base / tokenizer.sentencepiece,
                                                         "Check `tokenizer.sentencepiece`"));
    plan_.signature = core::content_hash(description_);
    return std::move(plan_);
  }

 private:
  void add_side(const Side& side, const std::vector<std::string>& patterns) {
    const DomainFiles& domain = options_.domains[side.domain];
    const std::size_t number = plan_.sides.size();
    plan_.sides.push_back(side);
    sources_of_.emplace_back();
    description_ += fmt::format(
        "{} {} '{}' {} {} {}\n", domain.name, side.part == Part::train ? "train" : "eval",
        domain.text_key, domain.binary, described(domain.where), fmt::join(domain.command, "\t"));
    std::vector<Found> found = find_sources(patterns, options_.base);
    if (are_tokens_) found = without_indexes(std::move(found));
    for (Found& file : found) {
      usage_.note(file, domain.name, side.part);
      const std::uint64_t bytes = size_of(file.match.path);
      description_ += described_file(file.match.name, file.match.path);
      std::string index;
      if (are_tokens_) {
        index = index_beside(file.match.path).path().string();
        description_ += fs::absolute(file.match.path).string() + "\n";
        if (!index.empty()) description_ += described_file("", index);
      }
      // Domains that want a file read in the same way read it together.
      const auto [known, is_new] = numbers_.insert(
          {std::tuple{file.real_path, index, domain.text_key, domain.binary}, sources_.size()});
      if (is_new) sources_.push_back({std::move(file), bytes, {}, &domain, {}});
      sources_[known->second].takers.push_back({number, domain.where});
      sources_of_.back().push_back(known->second);
    }
  }

  /// An empty text is a document that cannot be read.
  std::uint64_t size_of(const fs::path& path) const {
    std::error_code failure;
    const bool is_passed_over = !are_tokens_ && options_.on_error == OnError::skip &&
                                fs::file_size(path, failure) == 0 && !failure;
    return is_passed_over ? 0 : bytes_in(path);
  }

  static std::string described(const Where& where) {
    std::string text;
    for (const FieldFilter& filter : where)
      text += fmt::format("{}={};", filter.field, fmt::join(filter.values, "|"));
    return text;
  }

  /// Files of one taker are put together; one that several take stands alone, or the order of its
  /// documents among the others of each could not be kept.
  void deal_out(std::size_t side) {
    std::vector<std::size_t>& units = plan_.units_of.emplace_back();
    bool last_takes_more = false;
    for (const std::size_t number : sources_of_[side]) {
      Source& source = sources_[number];
      const bool is_shared = source.takers.size() > 1;
      if (!source.first_unit) {
        const bool joins = last_takes_more && !is_shared &&
                           plan_.units.back().bytes() + source.bytes <= sizes_.least;
        add_units(source, joins);
      }
      for (std::size_t n = 0; n < source.unit_count; ++n)
        if (const std::size_t unit = *source.first_unit + n; units.empty() || units.back() != unit)
          units.push_back(unit);
      last_takes_more = !is_shared;
    }
    const DomainFiles& domain = options_.domains[plan_.sides[side].domain];
    if (domain.command.empty() || plan_.sides[side].part == Part::eval) return;
    // Domains that want of one program what it prints in the same way start it once.
    const auto [known, is_new] =
        programs_.insert({std::pair{domain.command, domain.text_key}, plan_.units.size()});
    if (is_new) plan_.units.push_back({.command = domain.command, .text_key = domain.text_key});
    plan_.units[known->second].takers.push_back({side, domain.where});
    units.push_back(known->second);
  }

  /// @param joins whether it becomes a part of the last unit
  void add_units(Source& source, bool joins) {
    const ReadOptions read{.text_key = source.domain->text_key,
                           .max_document = options_.max_document};
    for (SourcePart& part :
         are_tokens_ ? std::vector{whole_file(source)} : parts_of(source, read, sizes_.most)) {
      if (!joins)
        plan_.units.push_back({.takers = source.takers,
                               .text_key = source.domain->text_key,
                               .binary = source.domain->binary});
      plan_.units.back().files.push_back(std::move(part));
      if (!source.first_unit) source.first_unit = plan_.units.size() - 1;
      source.unit_count = plan_.units.size() - *source.first_unit;
    }
  }

  const CorpusOptions& options_;
  const UnitSizes sizes_;
  const bool are_tokens_ = options_.tokens.width > 1;
  ReadingPlan plan_{};
  Usage usage_{};
  std::vector<Source> sources_{};
  std::vector<std::vector<std::size_t>> sources_of_{};  ///< [side]
  std::map<std::tuple<std::string, std::string, std::string, bool>, std::size_t> numbers_{};
  std::map<std::pair<std::vector<std::string>, std::string>, std::size_t> programs_{};  // units
  std::string description_{};
};

}  // namespace

std::uint64_t Unit::bytes() const {
  std::uint64_t sum = 0;
  for (const SourcePart& part : files) sum += part.bytes;
  return sum;
}

bool Unit::has_conditions() const {
  return std::any_of(takers.begin(), takers.end(),
                     [](const Taker& taker) { return !taker.where.empty(); });
}

ReadingPlan plan_reading(const CorpusOptions& options, const UnitSizes& sizes) {
  return Planner(options, sizes).plan();
}

}  // namespace bimix::corpus
