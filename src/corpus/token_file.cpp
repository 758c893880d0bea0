#include "token_file.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::corpus {

#define BIMIX_FILE_FORMAT(name) const FileFormat& format_##name();
#include "formats/formats.def"
#undef BIMIX_FILE_FORMAT

const std::vector<const FileFormat*>& file_formats() {
  static const std::vector<const FileFormat*> all{
#define BIMIX_FILE_FORMAT(name) &format_##name(),
#include "formats/formats.def"
#undef BIMIX_FILE_FORMAT
  };
  return all;
}

void TokenFile::refuse(std::string problem, std::string rule, std::string remedy) const {
  throw core::DataError({.place = file,
                         .problem = std::move(problem),
                         .rule = std::move(rule),
                         .remedy = std::move(remedy)});
}

void TokenFile::refuse_width(const std::string& held, int held_width) const {
  refuse(fmt::format("holds {}", held),
         fmt::format("the campaign says `tokens: {}`", token_word(width)),
         fmt::format("Say `tokens: {}`, or leave the file out", token_word(held_width)));
}

TokenSpan TokenFile::behind(std::size_t header, std::uint64_t count) const {
  const auto rest = bytes.subspan(std::min(header, bytes.size()));
  const auto unit = static_cast<std::size_t>(width);
  if (rest.size() / unit != count || rest.size() % unit != 0)
    refuse(fmt::format("its header tells of {} tokens of {} bytes, but {} bytes follow", count,
                       width, rest.size()),
           "it is torn, or something was added to it", "Copy or write it again");
  if (count == 0) refuse("has a header and no tokens", "", "Leave it out, or write it again");
  return TokenSpan(rest, width);
}

}  // namespace bimix::corpus
