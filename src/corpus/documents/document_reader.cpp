#include "document_reader.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>

namespace bimix::corpus {

const core::WordTable<OnError>& word_table(OnError) {
  static const core::WordTable<OnError> table{
      {{OnError::stop, "stop"}, {OnError::skip, "skip"}},
      [](const std::string& word, const std::vector<std::string>& known) {
        return core::Complaint{.problem = fmt::format("'{}' is nothing that can be done", word),
                               .rule = "there is " + core::join_words(known),
                               .remedy = core::did_you_mean(word, known)};
      }};
  return table;
}

core::Complaint complaint_on_empty(const std::string& file) {
  return {.place = file,
          .problem = "holds no text",
          .remedy = "Say `corpus: {on_error: skip}` to leave it out"};
}

void DocumentReader::on_damage(const ReadOptions& options, const core::Complaint& complaint) {
  if (options.on_error == OnError::stop) throw core::DataError(complaint);
  if (passed_.damaged++ == 0) passed_.first_damage = core::to_string(complaint);
}

void DocumentReader::on_torn(const ReadOptions& options, const TornError& torn) {
  core::Complaint complaint = torn.complaint();
  complaint.remedy =
      "Copy it again, leave it out, or say `corpus: {on_error: skip}` to go on without its end";
  on_damage(options, complaint);
}

}  // namespace bimix::corpus
