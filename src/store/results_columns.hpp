#pragma once

#include "hdf5.hpp"

#include <bimix/data/loss_unit.hpp>
#include <bimix/data/records.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

/// What the groups of results.h5 are written with: columns of records, what their values mean, and
/// the dimensions that more than one group has.
namespace bimix::store {

using hdf5::GroupWriter;
using hdf5::Meaning;
using hdf5::Names;

/// What stands for a value that is not known: of doubles, and of counts.
inline constexpr double missing = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::int64_t missing_count = -1;

/// A loss of these domains, in their unit.
inline Meaning loss_of(const data::DomainSet& domains, const char* long_name) {
  return {data::unit_symbol(domains.loss_unit), long_name};
}
constexpr Meaning share_of(const char* long_name) { return {"1", long_name}; }
/// A number without a unit, or a text.
constexpr Meaning plain(const char* long_name) { return {"1", long_name}; }

void write_scalar(const GroupWriter& group, const char* name, double value, Meaning meaning);

/// What was not computed (an empty vector) is left out rather than written as nothing.
void write_if_any(const GroupWriter& group, const char* name, const Names& dimensions,
                  const std::vector<double>& values, Meaning meaning);

/// Losses in nats a token, of which the last dimension is `eval_domain`, as bits a byte of the
/// text; nothing where it is not known how many bytes a token stands for.
void write_in_bits(const GroupWriter& group, const char* name, const Names& dimensions,
                   std::vector<double> nats, const std::vector<double>& bytes_per_token);

/// The coordinate `train_domain` of K labels.
void train_domains(const GroupWriter& group, const data::DomainSet& domains);
/// The coordinate `eval_domain` of E labels.
void eval_domains(const GroupWriter& group, const data::DomainSet& domains);

/// One row behind the other.
std::vector<double> flattened(const std::vector<std::vector<double>>& rows);

/// Tables of `size` values each; an empty one (nothing was fitted) is all missing.
std::vector<double> flattened(const std::vector<data::Table>& tables, std::size_t size);

/// 0, 1, ... count - 1.
std::vector<std::int64_t> counted(std::size_t count);

/// The texts with "; " between them.
std::string joined(const std::vector<std::string>& texts);

/// One value of each record.
template <class Record, class Get>
auto column(const std::vector<Record>& records, Get get) {
  std::vector<std::decay_t<decltype(get(records.front()))>> values;
  values.reserve(records.size());
  for (const Record& record : records) values.push_back(get(record));
  return values;
}

}  // namespace bimix::store
