#pragma once

#include <bimix/corpus/corpus.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace bimix::test {

/// A folder of small files that is gone after the test.
class TextFolder {
 public:
  TextFolder() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() /
            (std::string("bimix-") + info->test_suite_name() + "-" + info->name() + "-" +
             std::to_string(getpid()));
    std::filesystem::create_directories(path_);
  }
  ~TextFolder() { std::filesystem::remove_all(path_); }
  TextFolder(const TextFolder&) = delete;
  TextFolder& operator=(const TextFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }

  /// Domains of one pattern each, with the default split.
  corpus::CorpusOptions options(const std::vector<std::string>& names) const {
    corpus::CorpusOptions options;
    options.base = path_;
    for (const std::string& name : names)
      options.domains.push_back(
          {.name = name, .train_patterns = {name + "/*"}, .eval_patterns = {}});
    return options;
  }

 private:
  std::filesystem::path path_;
};

/// Text in which every place looks different: the numbers from `first` on, one a line.
inline std::string numbered_lines(int count, int first = 0) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(first + i) + "\n";
  return text;
}

}  // namespace bimix::test
