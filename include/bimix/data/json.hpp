#pragma once

#include <bimix/data/records.hpp>

#include <nlohmann/json.hpp>

/// The records' one textual form, used on the wire between ranks, in the journal and by `--json`.
/// Doubles are written in shortest round-trip form; non-finite ones as null and read back as NaN.
/// Reading throws DataError naming the member that is missing or of the wrong type.
namespace bimix::data {

using Json = nlohmann::ordered_json;

/// Bytes of any kind as UTF-8 text: what is none is replaced by U+FFFD. Json throws when it writes
/// anything else.
std::string as_text(std::string_view bytes);

Json to_json(double value);
Json to_json(const std::vector<double>& values);
/// Rows of numbers.
Json to_json(const Table& table);
Json to_json(const TrialSpec& spec);
Json to_json(const TrialResult& result);
Json to_json(const CorpusTable& table);
Json to_json(const EntropyTable& table);
/// @param domains that it was made of
Json to_json(const MixtureChoice& choice, const DomainSet& domains);
Json to_json(const LawFit& fit);
Json to_json(const NextMixtures& next, const DomainSet& domains);
Json to_json(const Round& round);
Json to_json(const std::vector<VolumeOptimum>& optima, const DomainSet& domains);
Json to_json(const HeldOut& held);

TrialSpec trial_spec_from(const Json& json);
TrialResult trial_result_from(const Json& json);
CorpusTable corpus_table_from(const Json& json);
Round round_from(const Json& json);
EntropyTable entropy_table_from(const Json& json);

/// A member that is a whole number of 64 bits, without the wrapping around of a plain conversion.
std::int64_t whole_number_from(const Json& object, const char* member);

/// "memory", "timeout", ...; empty for none.
std::string failure_word(FailureKind kind);
/// @throws DataError for another word
FailureKind failure_kind_from(std::string_view word);

}  // namespace bimix::data
