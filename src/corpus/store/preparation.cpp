#include "../tail.hpp"
#include "destination.hpp"
#include "encode.hpp"
#include "estimate.hpp"
#include "plan_json.hpp"
#include "readers.hpp"
#include "seal.hpp"
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

void add(Passed& all, const Passed& more) {
  all.documents += more.unwanted;  // those that are taken were counted
  all.unwanted += more.unwanted;
  if (all.damaged == 0) all.first_damage = more.first_damage;
  all.damaged += more.damaged;
  if (all.note.empty()) all.note = more.note;
}

/// The documents of all sides.
struct EveryPiece {
  EveryPiece(const Preparation::State& state, Held what) {
    for (std::size_t s = 0; s < state.plan.sides.size(); ++s) {
      pieces.push_back(state.pieces_of(s, what));
      records.push_back({state.plan.sides[s], {}});
      for (const Piece& piece : pieces.back()) records.back().pieces.push_back(piece.records);
    }
  }

  std::vector<std::vector<Piece>> pieces{};  ///< [side]
  std::vector<SideRecords> records{};        ///< [side]: views of the pieces
};

/// Where to cut a document of a side near its last `wanted` bytes.
std::uint64_t cut_of(const std::vector<Piece>& pieces, int width, std::size_t document,
                     std::uint64_t wanted) {
  for (const Piece& piece : pieces) {
    if (document >= piece.records.size()) {
      document -= piece.records.size();
      continue;
    }
    const std::uint64_t bytes = piece.records[document].bytes;
    if (width > 1) return tail_of_tokens(bytes, width, wanted);
    std::uint64_t from = 0;
    for (std::size_t n = 0; n < document; ++n) from += piece.records[n].bytes;
    return tail_of_text(piece.texts.subspan(from, bytes), wanted);
  }
  throw core::InternalError(core::Complaint{.problem = "a document to cut is one of the side"});
}

/// The files of all units, one after the other: tokens stay in them.
std::vector<std::string> files_of(const ReadingPlan& plan) {
  std::vector<std::string> files;
  for (const Unit& unit : plan.units)
    for (const SourcePart& part : unit.files) files.push_back(fs::absolute(part.path).string());
  return files;
}

/// How many of these are of units before this one.
std::size_t files_before(const ReadingPlan& plan, std::size_t unit) {
  std::size_t files = 0;
  for (std::size_t n = 0; n < unit; ++n) files += plan.units[n].files.size();
  return files;
}

}  // namespace

Preparation::Preparation(std::unique_ptr<State> state) : state_(std::move(state)) {}
Preparation::~Preparation() = default;
Preparation::Preparation(Preparation&&) noexcept = default;
Preparation& Preparation::operator=(Preparation&&) noexcept = default;

Preparation::Preparation(const CorpusOptions& options, fs::path folder)
    : state_(std::make_unique<State>(State{options, std::move(folder), plan_reading(options)})) {}

Preparation Preparation::from(std::string_view shared) {
  const Json json = Json::parse(shared);
  return Preparation(std::make_unique<State>(State{
      options_from(json.at("options")), path_from(json.at("folder")), plan_from(json.at("plan"))}));
}

std::string Preparation::shared() const {
  return Json{{"folder", path_json(state_->folder.string())},
              {"options", to_json(state_->options)},
              {"plan", to_json(state_->plan)}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool Preparation::is_done() const {
  const auto manifest = find_manifest(state_->folder);
  if (!manifest || manifest->signature != state_->plan.signature) return false;
  if (manifest->seal == seal_of(state_->folder, *manifest)) return true;
  throw core::DataError({.place = state_->folder.string(),
                         .problem = "its files are not as they were written",
                         .rule = "a disk failed, or another program wrote into them",
                         .remedy = "Remove the folder: it is prepared again"});
}

void Preparation::drop_pieces() const {
  const fs::path mark = state_->plan_mark();
  // Those of another plan are of a process that makes the folder anew.
  if (fs::exists(mark) && core::read_file(mark) != state_->plan.signature) return;
  std::error_code harmless;  // what is left of them is not looked at
  fs::remove_all(state_->pieces(), harmless);
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

bool Preparation::has_programs() const {
  const auto& units = state_->plan.units;
  return std::any_of(units.begin(), units.end(),
                     [](const Unit& unit) { return !unit.command.empty(); });
}

TextEstimate Preparation::estimated_texts() const {
  return state_->held() == Held::places ? TextEstimate()
                                        : corpus::estimated_texts(state_->plan, state_->options);
}

bool Preparation::has_tokenizer() const { return state_->has_tokenizer(); }

void Preparation::read_unit(std::size_t number,
                            const std::function<void(std::uint64_t)>& on_bytes) const {
  const Unit& unit = state_->plan.units.at(number);
  if (fs::exists(state_->done_mark(number))) {
    on_bytes(unit.bytes());
    return;
  }
  std::deque<PieceWriter> pieces;
  for (std::size_t taker = 0; taker < unit.takers.size(); ++taker)
    pieces.emplace_back(state_->piece(number, taker), state_->held());
  Passed passed;
  const std::vector<OpenReader> readers = readers_of(unit, state_->options);
  for (std::size_t file = 0; file < readers.size(); ++file) {
    const auto reader = readers[file]();
    std::uint64_t told = 0;
    while (const auto document = reader->next()) {
      ++passed.documents;
      const DocumentRecord record{
          document->content ? *document->content : content_key(document->bytes),
          document->bytes.size(), document->lead};
      for (const std::size_t taker : document->takers)
        if (state_->held() == Held::places)
          pieces[taker].add(record, DocumentPlace{file, document->lies_at});
        else
          pieces[taker].add(record, document->bytes);
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
  // It is written last, and is all of what follows from the pieces.
  if (fs::exists(state_->settled_file()) &&
      (!state_->has_tokenizer() || fs::exists(state_->model_file())))
    return;
  const ReadingPlan& plan = state_->plan;
  const EveryPiece all(*state_, state_->held());
  const auto settled = corpus::settle(
      all.records, {.eval_fraction = state_->options.eval_fraction, .seed = state_->options.seed},
      [&](const Side& side, std::size_t document, std::uint64_t wanted) {
        const auto s = static_cast<std::size_t>(
            std::find(plan.sides.begin(), plan.sides.end(), side) - plan.sides.begin());
        return cut_of(all.pieces[s], state_->options.tokens.width, document, wanted);
      });
  settle_tokenizer(*state_, settled);
  state_->write_settled(settled);
}

std::uint64_t Preparation::text_bytes(std::size_t unit) const {
  std::uint64_t bytes = 0;
  for (std::size_t taker = 0; taker < state_->plan.units.at(unit).takers.size(); ++taker)
    bytes += Piece(state_->piece(unit, taker), Held::nothing).bytes();
  return bytes;
}

void Preparation::encode_unit(std::size_t unit,
                              const std::function<void(std::uint64_t)>& on_bytes) const {
  if (!state_->has_tokenizer()) return;
  const fs::path mark = state_->encoded_mark(unit);
  if (fs::exists(mark)) return on_bytes(text_bytes(unit));
  encode_texts(*state_, unit, state_->settled(), on_bytes);
  write_whole(mark, "");
  for (std::size_t taker = 0; taker < state_->plan.units[unit].takers.size(); ++taker)
    Piece::drop_texts(state_->piece(unit, taker));
}

void Preparation::place() const {
  const ReadingPlan& plan = state_->plan;
  Gathered gathered{.settled = state_->settled(), .tokens = state_->options.tokens};
  const EveryPiece all(*state_, Held::nothing);
  gathered.records = all.records;
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
  Placement placement = placement_of(state_->options, plan, gathered);
  if (state_->held() == Held::places) placement.manifest.files = files_of(plan);
  fs::remove(state_->folder / manifest_name);  // of other files or options
  make_files(state_->folder, placement.manifest);
  state_->write_placement(placement);
}

void Preparation::copy_unit(std::size_t number,
                            const std::function<void(std::uint64_t)>& on_bytes) const {
  const Placement placement = state_->placement();
  const std::vector<SettledSide>& settled = state_->settled();
  const auto width = static_cast<std::uint64_t>(placement.manifest.tokens.width);
  const ReadingPlan& plan = state_->plan;
  const std::size_t before = files_before(plan, number);
  for (std::size_t taker = 0; taker < plan.units.at(number).takers.size(); ++taker) {
    const std::size_t s = plan.units[number].takers[taker].side;
    const std::size_t n = state_->number_of(number, s);
    std::optional<Codes> codes;
    if (state_->has_tokenizer()) codes.emplace(state_->codes(number, taker));
    const Piece piece(state_->piece(number, taker), codes ? Held::nothing : state_->held());
    Destination destination(state_->folder, placement.manifest, plan.sides[s].domain,
                            placement.places.at(s).at(n));
    std::size_t encoded = 0;
    std::uint64_t at_code = 0;
    for_each_kept(settled.at(s), settled.at(s).first.at(n), piece.records, [&](const Kept& kept) {
      if (state_->held() == Held::places) {
        const DocumentPlace& lies = piece.places[kept.document];
        return destination.add(kept.part, {before + lies.file, lies.token + kept.from / width},
                               kept.bytes / width);
      }
      if (!codes)
        return destination.add(kept.part, piece.texts.subspan(kept.at, kept.bytes), kept.bytes);
      const std::uint64_t count = codes->counts[encoded++];
      if (count == 0) return;
      destination.add(kept.part, codes->codes.subspan(at_code, count * width), count);
      at_code += count * width;
    });
    destination.close();
    on_bytes(piece.bytes());
  }
}

void Preparation::finish() const {
  Manifest manifest = state_->placement().manifest;
  manifest.seal = seal_of(state_->folder, manifest);
  core::require(!manifest.seal.empty(), "a store has its files");
  write_whole(state_->folder / manifest_name, to_json(manifest).dump(1) + "\n");
  drop_pieces();
}

void prepare(const CorpusOptions& options, const fs::path& folder) {
  const Preparation preparation(options, folder);
  if (preparation.is_done()) return preparation.drop_pieces();
  preparation.begin();
  const std::size_t units = preparation.unit_count();
  const auto in_silence = [](std::uint64_t) {};
  for (std::size_t unit = 0; unit < units; ++unit) preparation.read_unit(unit, in_silence);
  preparation.settle();
  for (std::size_t unit = 0; unit < units; ++unit) preparation.encode_unit(unit, in_silence);
  preparation.place();
  for (std::size_t unit = 0; unit < units; ++unit) preparation.copy_unit(unit, in_silence);
  preparation.finish();
}

}  // namespace bimix::corpus
