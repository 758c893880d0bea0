// A run of other domains, reused.

#include "end_to_end/campaign_text.hpp"
#include "end_to_end/program.hpp"

#include <bimix/store/results.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace bimix::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// The tiny campaign run into `old`, and another one with a third domain, which reuses it.
/// @return the latter's path
std::string write_grown(const TemporaryFolder& folder) {
  const std::string tiny = write_tiny_campaign(folder);
  EXPECT_EQ(bimix("-q run " + tiny + " -o " + folder / "old").exit_code, 0);
  std::string text;
  for (int n = 0; text.size() < 24'000; ++n) text += std::to_string(n * n * 7) + " squares; ";
  write_text(folder / "squares/0.txt", text);
  const std::string grown = folder / "grown.yaml";
  std::filesystem::copy_file(tiny, grown);
  replace_in(grown, "name: tiny", "name: grown");
  replace_in(grown, "share: 0.6", "share: 0.4");
  replace_in(grown, "design:\n",
             "  squares: {train: \"" + (folder / "squares") +
                 "/*.txt\", share: 0.2}\ndesign:\n  reuse: [old]\n");
  replace_in(grown, "{preset: [default, uniform]}, {simplex: {step: 0.25, floor: 0.1}}",
             "{preset: [default]}, {dirichlet: {count: 5, among: [squares]}}");
  return grown;
}

std::size_t count_of(const std::string& piece, const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1))
    ++count;
  return count;
}

TEST(Reuse, OfARunBeforeADomainWasAddedTrainsWhatIsNewAlone) {
  const TemporaryFolder folder;
  const std::string grown = write_grown(folder);
  const Ended one = bimix("run " + grown + " -o " + folder / "one", 1);
  ASSERT_EQ(one.exit_code, 0) << one.output;
  EXPECT_THAT(one.output,
              AllOf(HasSubstr("old: 6 of its 6 trials are reused"), HasSubstr("new: 'squares'"),
                    HasSubstr("12 trials, of which 6 are reused, of 12 mixtures")));
  const std::string journal = bytes_of(folder / "one/journal.ndjson");
  // The plan's own and the check's are begun, none of those that are reused.
  EXPECT_EQ(count_of("\"kind\":\"start\"", journal), 6u + 4u);
  const Ended two = bimix("-q run " + grown + " -o " + folder / "two", 2);
  ASSERT_EQ(two.exit_code, 0) << two.output;
  EXPECT_THAT(store::differences(folder / "one/results.h5", folder / "two/results.h5",
                                 store::timing_paths()),
              testing::IsEmpty());
  std::filesystem::remove_all(folder / "old");
  EXPECT_EQ(bimix("verify " + folder / "one").exit_code, 0) << "the journal has all it needs";
  const Ended again = bimix("run " + grown + " -o " + folder / "one");
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_EQ(count_of("\"kind\":\"start\"", bytes_of(folder / "one/journal.ndjson")), 10u);
}

// Results of the old run stand before the plan; what was killed between the two was called the run
// of another version.
TEST(Reuse, GoesOnFromBetweenTheResultsAndThePlan) {
  const TemporaryFolder folder;
  const std::string grown = write_grown(folder);
  ASSERT_EQ(bimix("-q run " + grown + " -o " + folder / "whole").exit_code, 0);
  const std::string journal = bytes_of(folder / "whole/journal.ndjson");
  const std::size_t plan = journal.find("\"kind\":\"plan\"");
  for (const char* text : {"campaign.yaml", "resolved.yaml"})
    write_text(folder / (std::string("cut/") + text),
               bytes_of(folder / (std::string("whole/") + text)));
  write_text(folder / "cut/journal.ndjson", journal.substr(0, journal.rfind('\n', plan) + 1));
  const Ended resumed = bimix("-q run " + grown + " -o " + folder / "cut");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_THAT(store::differences(folder / "whole/results.h5", folder / "cut/results.h5",
                                 store::timing_paths()),
              testing::IsEmpty());
}

TEST(Reuse, IsToldBeforeAnythingIsTrained) {
  const TemporaryFolder folder;
  const std::string grown = write_grown(folder);
  replace_in(grown, "  reuse: [old]\n", "");
  const Ended told = bimix("plan " + grown + " --from " + folder / "old");
  EXPECT_EQ(told.exit_code, 0) << told.output;
  EXPECT_THAT(told.output,
              AllOf(HasSubstr("6 of its 6 trials are reused"), HasSubstr("among: [squares]")));
  const Ended same_folder = bimix("run " + grown + " --extend -o " + folder / "old");
  EXPECT_EQ(same_folder.exit_code, 3) << same_folder.output;
  EXPECT_THAT(same_folder.output, HasSubstr("`reuse: ["));
}

TEST(Reuse, OfWhatWasTrainedOtherwiseIsRefused) {
  const TemporaryFolder folder;
  const std::string grown = write_grown(folder);
  replace_in(grown, "width: 16", "width: 32");
  const Ended ended = bimix("run " + grown + " -o " + folder / "new");
  EXPECT_EQ(ended.exit_code, 3) << ended.output;
  EXPECT_THAT(ended.output, AllOf(HasSubstr("were trained otherwise"), HasSubstr("width: 32")));
  replace_in(grown, "reuse: [old]", "reuse: [nowhere]");
  const Ended missing = bimix("run " + grown + " -o " + folder / "new");
  EXPECT_NE(missing.exit_code, 0);
  EXPECT_THAT(missing.output, HasSubstr("nowhere"));
}

}  // namespace
}  // namespace bimix::test
