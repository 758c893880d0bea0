#include "rows.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/report/corpus_text.hpp>
#include <bimix/report/tables.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::report {
namespace {

constexpr int shown_digits = 4;

std::string count(std::uint64_t number) {
  return core::format_count_about(static_cast<double>(number), shown_digits);
}

/// NaN where the bytes of texts are not known.
double bytes_per_token(const data::CorpusRow& row) {
  return row.bytes > 0 && row.tokens > 0
             ? static_cast<double>(row.bytes) / static_cast<double>(row.tokens)
             : std::nan("");
}

/// The part of all that can be trained on.
double part_of_pool(const data::CorpusRow& row, const data::CorpusRow& all) {
  return all.pool > 0 ? static_cast<double>(row.pool) / static_cast<double>(all.pool)
                      : std::nan("");
}

data::CorpusRow sum_of(const data::CorpusTable& table) {
  data::CorpusRow sum{.domain = "all"};
  for (const data::CorpusRow& row : table.rows) {
    sum.documents += row.documents;
    sum.bytes += row.bytes;
    sum.tokens += row.tokens;
    sum.pool += row.pool;
    sum.eval_tokens += row.eval_tokens;
    sum.eval_bytes += row.eval_bytes;
    sum.longest = std::max(sum.longest, row.longest);
    sum.duplicates += row.duplicates;
    sum.evaluated_on += row.evaluated_on;
    sum.in_other_domains += row.in_other_domains;
    sum.unwanted += row.unwanted;
    sum.damaged += row.damaged;
  }
  return sum;
}

}  // namespace

Rows corpus_rows(const data::CorpusTable& table) {
  Rows rows{{"domain", "documents", "bytes", "tokens", "bytes/token", "longest", "duplicates",
             "also left out", "to train on", "share"}};
  const data::CorpusRow all = sum_of(table);
  std::vector<data::CorpusRow> shown = table.rows;
  shown.push_back(all);
  for (const data::CorpusRow& row : shown) {
    const double bytes = bytes_per_token(row), part = part_of_pool(row, all);
    rows.push_back({row.domain, count(row.documents), std::isnan(bytes) ? "-" : count(row.bytes),
                    count(row.tokens), std::isnan(bytes) ? "-" : fmt::format("{:.2f}", bytes),
                    count(row.longest), count(row.duplicates),
                    count(row.evaluated_on + row.damaged), count(row.pool),
                    std::isnan(part) ? "-" : share(part)});
  }
  return rows;
}

std::vector<std::string> corpus_notes(const data::CorpusTable& table) {
  std::vector<std::string> notes;
  const data::CorpusRow all = sum_of(table);
  const auto add = [&](std::uint64_t number, const char* words) {
    if (number > 0)
      notes.push_back(
          fmt::format("{} {} {}", number, number == 1 ? "document" : "documents", words));
  };
  add(all.duplicates, "left out as duplicates of one before them in the same domain");
  add(all.evaluated_on, "left out of training, since a domain is evaluated on the same text");
  add(all.damaged, "left out that could not be read");
  add(all.unwanted, "that no `where` takes");
  add(all.in_other_domains, "that another domain trains on as well");
  return notes;
}

std::string corpus_text(const data::CorpusTable& table) {
  std::string text = "Texts of the domains\n" + aligned(corpus_rows(table));
  for (const std::string& note : corpus_notes(table)) text += "  " + note + "\n";
  return text;
}

std::string corpus_json(const data::CorpusTable& table) {
  data::Json domains = data::Json::array();
  const data::CorpusRow all = sum_of(table);
  for (const data::CorpusRow& row : table.rows)
    domains.push_back({{"domain", row.domain},
                       {"documents", row.documents},
                       {"bytes", row.bytes > 0 ? data::Json(row.bytes) : data::Json()},
                       {"tokens", row.tokens},
                       {"bytes_per_token", data::to_json(bytes_per_token(row))},
                       {"longest_tokens", row.longest},
                       {"train_tokens", row.pool},
                       {"share", data::to_json(part_of_pool(row, all))},
                       {"eval_tokens", row.eval_tokens},
                       {"duplicates", row.duplicates},
                       {"evaluated_on", row.evaluated_on},
                       {"in_other_domains", row.in_other_domains},
                       {"unwanted", row.unwanted},
                       {"damaged", row.damaged}});
  return data::Json{{"domains", domains}}.dump(1);
}

}  // namespace bimix::report
