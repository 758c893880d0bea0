#include "../documents/json_lines.hpp"
#include "../split.hpp"
#include "encode.hpp"
#include "plan_json.hpp"
#include "state.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/corpus/tokenizer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

namespace bimix::corpus {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

using OpenReader = std::function<std::unique_ptr<DocumentReader>()>;

/// The readers of a unit, one after the other.
std::vector<OpenReader> readers_of(const Unit& unit, const CorpusOptions& options) {
  const ReadOptions read{.text_key = unit.text_key,
                         .max_document = options.max_document,
                         .on_error = options.on_error,
                         .wants_utf8 = options.tokenizer.is_given()};
  std::vector<Where> takers;
  for (const Taker& taker : unit.takers) takers.push_back(taker.where);
  const bool has_where =
      std::any_of(takers.begin(), takers.end(), [](const Where& where) { return !where.empty(); });
  std::vector<OpenReader> readers;
  if (!unit.command.empty())
    readers.push_back([=, &unit, &options] {
      return read_json_lines(fmt::format("read: {}", unit.command.front()),
                             open_command({.words = unit.command, .folder = options.base}), read,
                             takers);
    });
  for (const SourcePart& part : unit.files)
    readers.push_back([=, &unit, &part] {
      const DocumentFormat& format =
          unit.binary ? *document_formats().back() : format_of(beginning_of(part.path), read);
      if (has_where && !format.has_fields())
        throw core::DataError({.place = part.path,
                               .problem = "has no fields for `where` to look at",
                               .rule = "it is no JSON Lines",
                               .remedy = "Leave `where` out, or say which key holds the text with "
                                         "`text: KEY` if these are JSON Lines"});
      return format.open({part.path, part.range, unit.binary}, read, takers);
    });
  return readers;
}

void add(Passed& all, const Passed& more) {
  all.unwanted += more.unwanted;
  if (all.damaged == 0) all.first_damage = more.first_damage;
  all.damaged += more.damaged;
  if (all.note.empty()) all.note = more.note;
}

/// Where to cut a document of a side near its last `wanted` bytes.
std::uint64_t cut_of(const std::vector<Piece>& pieces, std::size_t document, std::uint64_t wanted) {
  for (const Piece& piece : pieces) {
    if (document >= piece.records.size()) {
      document -= piece.records.size();
      continue;
    }
    std::uint64_t from = 0;
    for (std::size_t n = 0; n < document; ++n) from += piece.records[n].bytes;
    return tail_start(TokenSpan(piece.texts.subspan(from, piece.records[document].bytes)), wanted);
  }
  throw core::InternalError(core::Complaint{.problem = "a document to cut is one of the side"});
}

/// The files of the domains at their full length, so that it shows now whether there is room.
void make_files(const fs::path& folder, const Manifest& manifest) {
  for (std::size_t d = 0; d < manifest.domains.size(); ++d)
    for (const Part part : {Part::train, Part::eval}) {
      const PreparedDomain& domain = manifest.domains[d];
      const PreparedPart& prepared = part == Part::train ? domain.train : domain.eval;
      if (prepared.tokens == 0)
        throw core::DataError(
            {.place = "domain '" + domain.name + "'",
             .problem = fmt::format("no document is left to {}",
                                    part == Part::train ? "train on" : "evaluate on"),
             .rule = fmt::format("{} duplicates, {} that are evaluated on, {} unwanted and {} "
                                 "damaged ones were left out",
                                 domain.duplicates, domain.evaluated_on, domain.unwanted,
                                 domain.damaged),
             .remedy = "Add texts to it"});
      OutputFile(tokens_file(folder, {d, part}), OutputFile::How::anew)
          .reserve(prepared.tokens * static_cast<std::uint64_t>(manifest.tokens.width));
      OutputFile(ends_file(folder, {d, part}), OutputFile::How::anew)
          .reserve(prepared.documents * sizeof(std::uint64_t));
    }
}

/// The files of a domain, from where a piece has its place in them.
class Destination {
 public:
  Destination(const fs::path& folder, std::size_t domain, const Place& place, std::uint64_t width) {
    for (const Part part : {Part::train, Part::eval}) {
      const std::size_t p = index_of(part);
      tokens_[p].emplace(tokens_file(folder, {domain, part}), OutputFile::How::at_a_place,
                         place.tokens[p] * width);
      ends_[p].emplace(ends_file(folder, {domain, part}), OutputFile::How::at_a_place,
                       place.documents[p] * sizeof(std::uint64_t));
      end_[p] = place.tokens[p];
    }
  }
  /// @param count of its tokens
  void add(Part part, std::span<const std::uint8_t> tokens, std::uint64_t count) {
    const std::size_t p = index_of(part);
    tokens_[p]->write_values(tokens);
    end_[p] += count;
    ends_[p]->write_values(std::span<const std::uint64_t>(&end_[p], 1));
  }
  void close() {
    for (auto* files : {&tokens_, &ends_})
      for (auto& file : *files) file->close();
  }

 private:
  ByPart<std::optional<OutputFile>> tokens_{}, ends_{};
  ByPart<std::uint64_t> end_{};
};

}  // namespace

Preparation::Preparation(std::unique_ptr<State> state) : state_(std::move(state)) {}
Preparation::~Preparation() = default;
Preparation::Preparation(Preparation&&) noexcept = default;
Preparation& Preparation::operator=(Preparation&&) noexcept = default;

Preparation::Preparation(const CorpusOptions& options, fs::path folder)
    : state_(std::make_unique<State>(State{options, std::move(folder), plan_reading(options)})) {}

Preparation Preparation::from(std::string_view shared) {
  const Json json = Json::parse(shared);
  return Preparation(std::make_unique<State>(State{options_from(json.at("options")),
                                                   json.at("folder").get<std::string>(),
                                                   plan_from(json.at("plan"))}));
}

std::string Preparation::shared() const {
  return Json{{"folder", state_->folder.string()},
              {"options", to_json(state_->options)},
              {"plan", to_json(state_->plan)}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool Preparation::is_done() const {
  const auto manifest = find_manifest(state_->folder);
  return manifest && manifest->signature == state_->plan.signature;
}

void Preparation::begin() const {
  std::error_code failure;
  fs::create_directories(state_->pieces(), failure);
  if (failure)
    throw core::DataError(
        {.place = state_->pieces().string(),
         .problem = "cannot be made: " + failure.message(),
         .remedy = "Say `corpus: {store: FOLDER}` with a folder that can be written to"});
  // Pieces of other files or options are of no use.
  const fs::path mark = state_->plan_mark();
  if (fs::exists(mark) && core::read_file(mark) == state_->plan.signature) return;
  for (const auto& left : fs::directory_iterator(state_->pieces()))
    fs::remove_all(left.path(), failure);
  write_whole(mark, state_->plan.signature);
}

std::size_t Preparation::unit_count() const { return state_->plan.units.size(); }

std::uint64_t Preparation::unit_bytes(std::size_t unit) const {
  return state_->plan.units.at(unit).bytes();
}

void Preparation::read_unit(std::size_t number,
                            const std::function<void(std::uint64_t)>& on_bytes) const {
  const Unit& unit = state_->plan.units.at(number);
  if (fs::exists(state_->done_mark(number))) {
    on_bytes(unit.bytes());
    return;
  }
  std::deque<PieceWriter> pieces;
  for (std::size_t taker = 0; taker < unit.takers.size(); ++taker)
    pieces.emplace_back(state_->piece(number, taker));
  Passed passed;
  for (const OpenReader& open : readers_of(unit, state_->options)) {
    const auto reader = open();
    std::uint64_t told = 0;
    while (const auto document = reader->next()) {
      const DocumentRecord record{content_key(document->bytes), document->bytes.size()};
      for (const std::size_t taker : document->takers) pieces[taker].add(record, document->bytes);
      constexpr std::uint64_t step = std::uint64_t{4} << 20;
      if (const std::uint64_t read = reader->bytes_read(); read - told >= step)
        on_bytes(read - std::exchange(told, read));
    }
    on_bytes(reader->bytes_read() - told);
    add(passed, reader->passed());
  }
  for (PieceWriter& piece : pieces) piece.close();
  state_->write_passed(number, passed);
}

void Preparation::settle() const {
  const ReadingPlan& plan = state_->plan;
  std::vector<std::vector<Piece>> texts;
  std::vector<SideRecords> records;
  for (std::size_t s = 0; s < plan.sides.size(); ++s) {
    texts.push_back(state_->texts_of(s));
    records.push_back({plan.sides[s], {}});
    for (const Piece& piece : texts.back()) records.back().pieces.push_back(piece.records);
  }
  const auto settled = corpus::settle(
      records, {.eval_fraction = state_->options.eval_fraction, .seed = state_->options.seed},
      [&](const Side& side, std::size_t document, std::uint64_t wanted) {
        const auto s = static_cast<std::size_t>(
            std::find(plan.sides.begin(), plan.sides.end(), side) - plan.sides.begin());
        return cut_of(texts[s], document, wanted);
      });
  settle_tokenizer(*state_, settled);
  state_->write_settled(settled);
}

void Preparation::encode_unit(std::size_t unit) const {
  if (state_->has_tokenizer()) encode_texts(*state_, unit, state_->settled());
}

void Preparation::place() const {
  const ReadingPlan& plan = state_->plan;
  Gathered gathered{.settled = state_->settled()};
  std::vector<std::vector<Piece>> texts;
  for (std::size_t s = 0; s < plan.sides.size(); ++s) {
    texts.push_back(state_->texts_of(s));
    gathered.records.push_back({plan.sides[s], {}});
    for (const Piece& piece : texts.back()) gathered.records.back().pieces.push_back(piece.records);
  }
  for (std::size_t unit = 0; unit < plan.units.size(); ++unit)
    gathered.passed.push_back(state_->passed_of(unit));
  if (state_->has_tokenizer()) {
    const std::string model = core::read_file(state_->model_file());
    const Tokenizer tokenizer(model, state_->model_file().string());
    gathered.tokens = {tokenizer.width(), tokenizer.vocabulary()};
    gathered.encoded_by = core::content_hash(model);
    for (std::size_t s = 0; s < plan.sides.size(); ++s) {
      auto& counts = gathered.counts.emplace_back();
      for (const std::size_t unit : plan.units_of[s]) {
        const Codes codes(state_->codes(unit, state_->taker_of(unit, s)));
        counts.emplace_back(codes.counts.begin(), codes.counts.end());
      }
    }
  }
  const Placement placement = placement_of(state_->options, plan, gathered);
  fs::remove(state_->folder / manifest_name);  // of other files or options
  make_files(state_->folder, placement.manifest);
  state_->write_placement(placement);
}

void Preparation::copy_unit(std::size_t number) const {
  const Placement placement = state_->placement();
  const std::vector<SettledSide> settled = state_->settled();
  const auto width = static_cast<std::uint64_t>(placement.manifest.tokens.width);
  const ReadingPlan& plan = state_->plan;
  for (std::size_t taker = 0; taker < plan.units.at(number).takers.size(); ++taker) {
    const std::size_t s = plan.units[number].takers[taker].side;
    const std::size_t n = state_->number_of(number, s);
    const Piece text(state_->piece(number, taker));
    std::optional<Codes> codes;
    if (state_->has_tokenizer()) codes.emplace(state_->codes(number, taker));
    Destination destination(state_->folder, plan.sides[s].domain, placement.places.at(s).at(n),
                            width);
    std::size_t kept = 0;
    std::uint64_t at_code = 0;
    for_each_kept(settled.at(s), settled.at(s).first.at(n), text.records,
                  [&](Part part, const DocumentRecord&, std::uint64_t bytes, std::uint64_t at) {
                    if (!codes) return destination.add(part, text.texts.subspan(at, bytes), bytes);
                    const std::uint64_t count = codes->counts[kept++];
                    if (count == 0) return;
                    destination.add(part, codes->codes.subspan(at_code, count * width), count);
                    at_code += count * width;
                  });
    destination.close();
  }
}

void Preparation::finish() const {
  write_whole(state_->folder / manifest_name, to_json(state_->placement().manifest).dump(1) + "\n");
  std::error_code harmless;  // what is left of them is not looked at
  fs::remove_all(state_->pieces(), harmless);
}

void prepare(const CorpusOptions& options, const fs::path& folder) {
  const Preparation preparation(options, folder);
  if (preparation.is_done()) return;
  preparation.begin();
  const std::size_t units = preparation.unit_count();
  for (std::size_t unit = 0; unit < units; ++unit)
    preparation.read_unit(unit, [](std::uint64_t) {});
  preparation.settle();
  for (std::size_t unit = 0; unit < units; ++unit) preparation.encode_unit(unit);
  preparation.place();
  for (std::size_t unit = 0; unit < units; ++unit) preparation.copy_unit(unit);
  preparation.finish();
}

}  // namespace bimix::corpus
