#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/replay/utility_table.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::replay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> domains{"web", "code"};

data::Utilities read_text(const std::string& text) {
  const test::TempFolder folder;
  return read_utilities(folder.write("utilities.csv", text), domains);
}

std::string what_of(const std::string& text) {
  try {
    read_text(text);
  } catch (const core::DataError& error) {
    return error.what();
  }
  return "nothing is wrong";
}

TEST(UtilityTable, HasAValueForEachDomainAndTask) {
  const data::Utilities read = read_text(
      "task,domain,value,sd\nexams,code,0.2,0.05\nexams,web,0.4,0.2\nchat,web,1,0\nchat,code,0,0."
      "1\n");
  EXPECT_THAT(read.tasks, ElementsAre("exams", "chat"));
  EXPECT_THAT(read.value.values, ElementsAre(0.4, 1.0, 0.2, 0.0));
  EXPECT_EQ(read.sd(0, 0), 0.2);
  EXPECT_EQ(read.sd(1, 1), 0.1);
  EXPECT_TRUE(std::isnan(read_text("domain,task,value,sd\nweb,a,1,\ncode,a,0,\n").sd(0, 0)));
  EXPECT_TRUE(std::isnan(read_text("domain,task,value\nweb,a,1\ncode,a,0\n").sd(1, 0)));
}

TEST(UtilityTable, IsRefusedWithTheLineThatIsWrong) {
  const std::string head = "domain,task,value\n";
  EXPECT_THAT(what_of(""), Not(HasSubstr("nothing")));
  EXPECT_THAT(what_of("domain,task\nweb,a\n"),
              HasSubstr("utilities.csv:1: there is no column 'value'"));
  EXPECT_THAT(what_of(head), HasSubstr("a header and no rows"));
  EXPECT_THAT(what_of(head + "web,a,1\n"), HasSubstr("domain 'code' has no utility for 'a'"));
  EXPECT_THAT(what_of(head + "web,a,1\ncode,a,0\nweb,a,1\n"),
              HasSubstr("utilities.csv:4: domain 'web' has two"));
  EXPECT_THAT(what_of(head + "web,a,1\ncods,a,0\n"),
              HasSubstr("utilities.csv:3: 'cods' is no training domain"));
  for (const std::string value : {"-0.1", "1.5", "nan", "inf", "40 %", "x"})
    EXPECT_THAT(what_of(head + "web,a," + value + "\ncode,a,0\n"),
                HasSubstr("utilities.csv:2: value"));
  // One blank cell, and none of the others counted.
  EXPECT_THAT(what_of("domain,task,value,sd\nweb,a,1,0.1\ncode,a,0,\n"),
              HasSubstr("the utility of 'code' for 'a' has no standard error"));
  EXPECT_THAT(what_of(head + "web,a,\ncode,a,0\n"),
              HasSubstr("utilities.csv:2: the value is blank"));
  EXPECT_THAT(what_of("domain,task,value,sd\nweb,a,1,-1\ncode,a,0,0\n"), HasSubstr("sd: '-1'"));
}

}  // namespace
}  // namespace bimix::replay
