#include "support/temp_folder.hpp"

#include <bimix/run/campaign_notes.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::run {
namespace {

using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

config::Campaign with_command(const std::vector<std::string>& run) {
  config::Campaign campaign;
  campaign.source = config::SourceKind::command;
  campaign.command.run = run;
  campaign.design.repeats = 3;
  return campaign;
}

TEST(NotesOnCampaign, SayThatRepeatsWouldBeTheSame) {
  EXPECT_THAT(notes_on(with_command({"train", "{share:a}", "{dir}"})),
              ElementsAre(testing::AllOf(HasSubstr("the repeats of a mixture would be the same"),
                                         HasSubstr("design.repeats: 3"), HasSubstr("{seed}"))));
  EXPECT_THAT(notes_on(with_command({"train", "{seed}"})), IsEmpty());
  config::Campaign once = with_command({"train"});
  once.design.repeats = 1;
  once.check.repeats = 1;
  EXPECT_THAT(notes_on(once), IsEmpty());
}

TEST(NotesOnProcessors, SayThatThreadsWouldShareThem) {
  config::Campaign campaign;
  campaign.source = config::SourceKind::proxy;
  EXPECT_THAT(notes_on_processors(par::Comm(), campaign), IsEmpty());
  campaign.proxy.threads_per_trial = 100'000;
  EXPECT_THAT(notes_on_processors(par::Comm(), campaign),
              ElementsAre(testing::AllOf(HasSubstr("threads_per_trial: 100000"),
                                         HasSubstr("--bind-to none"))));
}

TEST(FilesOfCommand, ThatChangedAreNamed) {
  const TempFolder folder;
  const std::string script = folder.write("my train.py", "one"),
                    more = folder.write("c.yaml", "two");
  const trial::CommandOptions command{
      .run = {"python3", script, "--config=" + more, "{mixture.json}"}};
  const std::string before = files_of_command(command);
  EXPECT_THAT(changed_files(before, files_of_command(command)), IsEmpty());
  folder.write("my train.py", "other");
  EXPECT_THAT(changed_files(before, files_of_command(command)), ElementsAre(script));
  folder.write("c.yaml", "other");
  EXPECT_THAT(changed_files(before, files_of_command(command)),
              testing::UnorderedElementsAre(script, more));
  EXPECT_THAT(changed_files("", files_of_command(command)), IsEmpty()) << "an earlier version's";
}

}  // namespace
}  // namespace bimix::run
