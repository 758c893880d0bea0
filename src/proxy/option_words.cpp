#include "option_words.hpp"

#include <bimix/core/text.hpp>
#include <bimix/proxy/options.hpp>

#include <fmt/format.h>

namespace bimix::proxy {

core::Complaint unknown_choice(const std::string& word, const std::vector<std::string>& known) {
  const auto near = core::nearest_name(word, known);
  return {.problem = fmt::format("'{}' is not known", word),
          .rule = fmt::format("there is {}", core::join_words(known)),
          .remedy = near ? fmt::format("Did you mean '{}'?", *near) : ""};
}

const core::WordTable<Schedule>& word_table(Schedule) {
  static const core::WordTable<Schedule> table{
      {{Schedule::constant, "constant"}, {Schedule::cosine, "cosine"}, {Schedule::wsd, "wsd"}},
      unknown_choice};
  return table;
}

const core::WordTable<Precision>& word_table(Precision) {
  static const core::WordTable<Precision> table{
      {{Precision::automatic, "auto"}, {Precision::fp32, "fp32"}, {Precision::bf16, "bf16"}},
      unknown_choice};
  return table;
}

const core::WordTable<Isa>& word_table(Isa) {
  static const core::WordTable<Isa> table{{{Isa::automatic, "auto"},
                                           {Isa::baseline, "baseline"},
                                           {Isa::avx2, "avx2"},
                                           {Isa::avx512, "avx512"},
                                           {Isa::avx512_bf16, "avx512_bf16"},
                                           {Isa::amx, "amx"}},
                                          unknown_choice};
  return table;
}

const core::WordTable<KeepModels>& word_table(KeepModels) {
  static const core::WordTable<KeepModels> table{{{KeepModels::automatic, "auto"},
                                                  {KeepModels::always, "always"},
                                                  {KeepModels::never, "never"}},
                                                 unknown_choice};
  return table;
}

const core::WordTable<LossScore>& word_table(LossScore) {
  static const core::WordTable<LossScore> table{{{LossScore::linupper, "linupper"},
                                                 {LossScore::quadratic, "quadratic"},
                                                 {LossScore::extremes, "extremes"}},
                                                unknown_choice};
  return table;
}

std::optional<Reweight> Reweight::from(const std::string& text) {
  if (const auto score = core::find_word<LossScore>(text)) return Reweight{.score = score};
  if (const auto strength = core::parse_number(text)) return Reweight{.strength = *strength};
  return std::nullopt;
}

std::string Reweight::text() const {
  return score ? core::word_of(*score) : fmt::format("{}", strength);
}

std::string Reweight::forms() {
  return core::join_words(words(), "or") + ", as published, or a strength from 0 to 20";
}

}  // namespace bimix::proxy
