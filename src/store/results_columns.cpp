#include "results_columns.hpp"

#include <numeric>
#include <span>

namespace bimix::store {

void write_scalar(const GroupWriter& group, const char* name, double value, Meaning meaning) {
  group.write(name, {}, std::span(&value, 1), meaning);
}

void write_if_any(const GroupWriter& group, const char* name, const Names& dimensions,
                  const std::vector<double>& values, Meaning meaning) {
  if (!values.empty()) group.write(name, dimensions, values, meaning);
}

std::vector<double> flattened(const std::vector<std::vector<double>>& rows) {
  std::vector<double> values;
  for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  return values;
}

std::vector<double> flattened(const std::vector<data::Table>& tables, std::size_t size) {
  std::vector<double> values;
  for (const data::Table& table : tables)
    if (table.values.empty())
      values.insert(values.end(), size, missing);
    else
      values.insert(values.end(), table.values.begin(), table.values.end());
  return values;
}

std::vector<std::int64_t> counted(std::size_t count) {
  std::vector<std::int64_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::int64_t{0});
  return indices;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
  return all;
}

void write_in_bits(const GroupWriter& group, const char* name, const Names& dimensions,
                   std::vector<double> nats, const std::vector<double>& bytes_per_token) {
  const std::size_t E = bytes_per_token.size();
  if (E == 0) return;
  for (std::size_t i = 0; i < nats.size(); ++i)
    nats[i] = data::bits_per_byte(nats[i], bytes_per_token[i % E]);
  write_if_any(
      group, name, dimensions, nats,
      {data::unit_symbol(data::LossUnit::bits_per_byte), "the same in bits a byte of text"});
}

void train_domains(const GroupWriter& group, const data::DomainSet& domains) {
  group.coordinate("train_domain", domains.train, plain("training domain"));
}

void eval_domains(const GroupWriter& group, const data::DomainSet& domains) {
  group.coordinate("eval_domain", domains.eval, plain("evaluation domain"));
}

}  // namespace bimix::store
