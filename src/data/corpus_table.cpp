#include <bimix/data/corpus_table.hpp>

namespace bimix::data {

std::vector<double> bytes_per_token(const CorpusTable& table) {
  std::vector<double> bytes;
  for (const CorpusRow& row : table.rows) {
    if (row.eval_bytes == 0 || row.eval_tokens == 0) return {};
    bytes.push_back(static_cast<double>(row.eval_bytes) / static_cast<double>(row.eval_tokens));
  }
  return bytes;
}

}  // namespace bimix::data
