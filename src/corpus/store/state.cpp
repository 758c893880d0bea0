#include "state.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/corpus/tokenizer.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::corpus {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

[[noreturn]] void damaged(const fs::path& path) {
  throw core::DataError({.place = path.string(),
                         .problem = "is damaged",
                         .remedy = "Remove its folder: it is prepared again"});
}

}  // namespace

fs::path Preparation::State::pieces() const { return folder / "pieces"; }
fs::path Preparation::State::piece(std::size_t unit, std::size_t taker) const {
  return pieces() / fmt::format("{}.{}", unit, taker);
}
fs::path Preparation::State::codes(std::size_t unit, std::size_t taker) const {
  return pieces() / fmt::format("{}.{}.codes", unit, taker);
}
fs::path Preparation::State::done_mark(std::size_t unit) const {
  return pieces() / fmt::format("{}.json", unit);
}
fs::path Preparation::State::encoded_mark(std::size_t unit) const {
  return pieces() / fmt::format("{}.encoded", unit);
}
fs::path Preparation::State::plan_mark() const { return pieces() / "plan"; }
fs::path Preparation::State::fates(std::size_t side) const {
  return pieces() / fmt::format("{}.fates", side);
}
fs::path Preparation::State::settled_file() const { return pieces() / "settled.json"; }
fs::path Preparation::State::placement_file() const { return pieces() / "placement.json"; }
fs::path Preparation::State::model_file() const { return folder / tokenizer_model_name; }

std::size_t Preparation::State::taker_of(std::size_t unit, std::size_t side) const {
  const auto& takers = plan.units[unit].takers;
  const auto found = std::find_if(takers.begin(), takers.end(),
                                  [&](const Taker& taker) { return taker.side == side; });
  return static_cast<std::size_t>(found - takers.begin());
}

std::size_t Preparation::State::number_of(std::size_t unit, std::size_t side) const {
  const auto& units = plan.units_of[side];
  return static_cast<std::size_t>(std::find(units.begin(), units.end(), unit) - units.begin());
}

std::vector<Piece> Preparation::State::pieces_of(std::size_t side, Held what) const {
  std::vector<Piece> pieces;
  for (const std::size_t unit : plan.units_of[side])
    pieces.emplace_back(piece(unit, taker_of(unit, side)), what);
  return pieces;
}

void Preparation::State::write_passed(std::size_t unit, const Passed& passed) const {
  write_whole(done_mark(unit), line_of({{"documents", passed.documents},
                                        {"unwanted", passed.unwanted},
                                        {"damaged", passed.damaged},
                                        {"first_damage", passed.first_damage},
                                        {"note", passed.note}}));
}

Passed Preparation::State::passed_of(std::size_t unit) const {
  const Json json = Json::parse(core::read_file(done_mark(unit)), nullptr, false);
  try {
    return {.documents = json.at("documents"),
            .unwanted = json.at("unwanted"),
            .damaged = json.at("damaged"),
            .first_damage = json.at("first_damage"),
            .note = json.at("note")};
  } catch (const Json::exception&) {
    damaged(done_mark(unit));
  }
}

void Preparation::State::write_settled(const std::vector<SettledSide>& settled) const {
  Json sides = Json::array();
  for (std::size_t s = 0; s < settled.size(); ++s) {
    OutputFile file(fates(s), OutputFile::How::anew);
    file.write_values(std::span(settled[s].fate));
    file.close();
    const auto& cut = settled[s].cut;
    sides.push_back({{"documents", settled[s].fate.size()},
                     {"first", settled[s].first},
                     {"duplicates", settled[s].duplicates},
                     {"evaluated_on", settled[s].evaluated_on},
                     {"in_other_domains", settled[s].in_other_domains},
                     {"cut", cut ? Json{cut->document, cut->byte} : Json()}});
  }
  write_whole(settled_file(), line_of(sides));
}

const std::vector<SettledSide>& Preparation::State::settled() const {
  if (!settled_before) settled_before = read_settled();
  return *settled_before;
}

std::vector<SettledSide> Preparation::State::read_settled() const {
  std::vector<SettledSide> settled;
  const Json sides = Json::parse(core::read_file(settled_file()), nullptr, false);
  try {
    for (const Json& side : sides) {
      SettledSide& s = settled.emplace_back();
      const std::size_t documents = side.at("documents");
      s.first = side.at("first").get<std::vector<std::size_t>>();
      s.duplicates = side.at("duplicates");
      s.evaluated_on = side.at("evaluated_on");
      s.in_other_domains = side.at("in_other_domains");
      if (!side.at("cut").is_null()) s.cut = Cut{side.at("cut").at(0), side.at("cut").at(1)};
      if (documents == 0) continue;
      const MappedFile file = map_file(fates(settled.size() - 1));
      if (file.bytes.size() != documents) damaged(fates(settled.size() - 1));
      s.fate.resize(documents);
      std::transform(file.bytes.begin(), file.bytes.end(), s.fate.begin(),
                     [](std::uint8_t fate) { return static_cast<Fate>(fate); });
    }
  } catch (const Json::exception&) {
    damaged(settled_file());
  }
  if (settled.size() != plan.sides.size()) damaged(settled_file());
  return settled;
}

void Preparation::State::write_placement(const Placement& placement) const {
  write_whole(placement_file(), line_of(to_json(placement)));
}

Placement Preparation::State::placement() const {
  return placement_from(Json::parse(core::read_file(placement_file()), nullptr, false),
                        placement_file().string());
}

void write_whole(const fs::path& path, const std::string& text) {
  const fs::path part = path.string() + ".part";
  OutputFile file(part, OutputFile::How::anew);
  file.write_values(std::span(text.data(), text.size()));
  file.close_safely();
  std::error_code failure;
  fs::rename(part, path, failure);
  if (failure)
    throw core::DataError({.place = path.string(),
                           .problem = "cannot be written: " + failure.message(),
                           .remedy = "Check the permissions of its folder"});
}

}  // namespace bimix::corpus
