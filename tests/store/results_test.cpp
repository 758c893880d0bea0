#include "failing_disk.hpp"
#include "some_record.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/json.hpp>
#include <bimix/store/results.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <store/hdf5.hpp>
#include <store/results_format.hpp>

#include <cmath>

namespace bimix::store {
namespace {

using test::bytes_of;
using test::some_record;
using test::TempFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string what_of_reading(const std::filesystem::path& path) {
  try {
    read_results(path);
  } catch (const core::DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Results, ReadBackPlanTextsAndStamp) {
  const TempFolder folder;
  const data::RunRecord written = some_record();
  write_results(folder / "results.h5", written);
  const data::RunRecord read = read_results(folder / "results.h5");
  EXPECT_EQ(read.campaign_text, written.campaign_text);
  EXPECT_EQ(read.resolved_text, written.resolved_text);
  EXPECT_EQ(read.plan, written.plan);
  EXPECT_EQ(read.check_trials, written.check_trials);
  EXPECT_THAT(read.stamp.facts, testing::UnorderedElementsAreArray(written.stamp.facts));
}

/// All of it as text, where NaN equals NaN.
std::string text_of(const data::LawFit& fit) {
  data::Json json = data::to_json(fit);
  for (const data::DomainFit& domain : fit.domain) json["domain_flags"].push_back(domain.flags);
  json["flags_of_fit"] = fit.flags;
  json["doubt"] = fit.trust.doubt;
  for (const data::Table& sample : fit.bootstrap) json["samples"].push_back(sample.values.size());
  return json.dump();
}

// A fit that is read back stands for the one that was made: what is lost would be another answer.
TEST(Results, FitsAreReadBackAsTheyWereMade) {
  const TempFolder folder;
  data::RunRecord written = some_record();
  data::LawFit second = written.laws.front();
  second.law = "additive";
  second.flags = {"one; with a semicolon", "two"};
  second.domain.back().flags = {"of the last domain; indeed"};
  second.domain.back().noise_seed = 0.01;
  second.trust = {.doubt = "too few mixtures", .error = 0.1, .is_worse = {}};
  second.coefficient.values.front() = 0.1 + 0.2;
  written.laws.push_back(second);
  written.optimum.front().law = "additive";
  written.fitted_to = "abc";
  write_results(folder / "results.h5", written);
  const StoredFits read = read_fits(folder / "results.h5");
  EXPECT_EQ(read.fitted_to, "abc");
  EXPECT_EQ(read.used, 1u);
  ASSERT_THAT(read.laws, SizeIs(2));
  for (std::size_t n = 0; n < 2; ++n) {
    EXPECT_EQ(text_of(read.laws[n]), text_of(written.laws[n]));
    EXPECT_THAT(
        read.laws[n].coefficient.values,
        testing::Pointwise(testing::NanSensitiveDoubleEq(), written.laws[n].coefficient.values));
    EXPECT_EQ(read.laws[n].share_low, written.laws[n].share_low);
    EXPECT_EQ(read.laws[n].tokens_high, written.laws[n].tokens_high);
  }
  EXPECT_EQ(read.laws[1].coefficient.values.front(), 0.1 + 0.2);
  EXPECT_EQ(read.laws[1].flags, second.flags);
  EXPECT_EQ(read.laws[1].domain.back(), second.domain.back());
  EXPECT_EQ(read.laws[1].trust, second.trust);
}

TEST(Results, WithoutAHashThereAreNoFitsToRelyOn) {
  const TempFolder folder;
  write_results(folder / "results.h5", some_record());
  EXPECT_TRUE(read_fits(folder / "results.h5").laws.empty());
}

TEST(Results, ReadBackLossesOnTheGridInPlanOrder) {
  const TempFolder folder;
  const data::RunRecord written = some_record();
  write_results(folder / "results.h5", written);
  const data::RunRecord read = read_results(folder / "results.h5");
  ASSERT_THAT(read.results, SizeIs(4));  // three of the sweep, one of the check
  data::TrialResult whole = written.results[2];
  whole.curve = {whole.curve[0], whole.curve[3]};  // what lies at the plan's volumes
  EXPECT_EQ(read.results[0], whole);
  EXPECT_EQ(read.results[1].id, written.plan.trials[1].id);
  ASSERT_THAT(read.results[1].curve, SizeIs(1));
  EXPECT_TRUE(std::isnan(read.results[1].curve[0].loss_nats[1]));
  EXPECT_EQ(read.results[2], written.results[0]);
  EXPECT_EQ(read.results[3], written.results[3]);
}

TEST(Results, SayBitsPerByteOfEveryLossAndReadItBack) {
  data::RunRecord record = some_record();
  const auto count = [](const std::string& text, const std::string& word) {
    std::size_t found = 0;
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
      ++found;
    return found;
  };
  const std::size_t losses = count(results_image(record), "nats/token");
  EXPECT_GT(losses, 10U);
  record.plan.domains.loss_unit = data::LossUnit::bits_per_byte;
  record.check.front().bytes_per_token.clear();  // there is nothing to convert
  for (data::LawFit& fit : record.laws) fit.domains = record.plan.domains;
  EXPECT_EQ(count(results_image(record), "nats/token"), 0U);
  EXPECT_EQ(count(results_image(record), "bits/byte"), losses);
  const TempFolder folder;
  write_results(folder.path() / "results.h5", record);
  EXPECT_EQ(read_results(folder.path() / "results.h5").plan.domains, record.plan.domains);
}

/// A dataset of a file; empty if there is none.
std::vector<double> doubles_in(const std::filesystem::path& path, const char* name) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  std::vector<double> values;
  if (H5Lexists(file, name, H5P_DEFAULT) > 0) values = hdf5::read_doubles(file, name);
  H5Fclose(file);
  return values;
}

// Losses of different tokenizers can be compared in bits a byte alone.
TEST(Results, SayBitsPerByteBesideNatsWhereBytesAreKnown) {
  data::RunRecord record = some_record();
  const TempFolder folder;
  const std::filesystem::path path = folder / "results.h5";
  write_results(path, record);
  EXPECT_TRUE(doubles_in(path, "loss_bits_per_byte").empty());
  EXPECT_TRUE(read_results(path).plan.domains.bytes_per_token.empty());

  record.plan.domains.bytes_per_token.assign(record.plan.domains.eval.size(), 4.0);
  for (data::LawFit& fit : record.laws) fit.domains = record.plan.domains;
  write_results(path, record);
  EXPECT_EQ(read_results(path).plan.domains, record.plan.domains);
  const auto nats = doubles_in(path, "loss"), bits = doubles_in(path, "loss_bits_per_byte");
  ASSERT_EQ(nats.size(), bits.size());
  for (std::size_t i = 0; i < nats.size(); ++i)
    if (!std::isnan(nats[i])) {
      EXPECT_DOUBLE_EQ(bits[i], nats[i] / 4.0 / std::log(2.0));
    }
}

TEST(Results, AreTheSameBytesForTheSameRecord) {
  const TempFolder folder;
  write_results(folder / "a.h5", some_record());
  data::RunRecord shuffled = some_record();
  std::swap(shuffled.results[0], shuffled.results[2]);
  write_results(folder / "b.h5", shuffled);
  EXPECT_TRUE(bytes_of(folder / "a.h5") == bytes_of(folder / "b.h5"));
}

TEST(Results, HoldAPlanOfWhichNothingIsDone) {
  const TempFolder folder;
  data::RunRecord record;
  record.plan = some_record().plan;
  write_results(folder / "results.h5", record);
  const data::RunRecord read = read_results(folder / "results.h5");
  EXPECT_EQ(read.plan, record.plan);
  EXPECT_THAT(read.results, IsEmpty());
}

TEST(Results, LeaveTheOldFileWhereTheDiskIsFull) {
  const TempFolder folder;
  write_results(folder / "results.h5", some_record());
  const std::string before = bytes_of(folder / "results.h5");
  for (int call = 1; call <= 3; ++call) {
    test::FailingDisk disk(call);
    EXPECT_THROW(write_results(folder / "results.h5", some_record(), disk), core::DataError);
    EXPECT_TRUE(bytes_of(folder / "results.h5") == before);
  }
}

TEST(WriteResults, RefusesARecordThatContradictsItself) {
  const TempFolder folder;
  data::RunRecord record = some_record();
  record.results[1].curve[0].loss_nats.pop_back();
  EXPECT_THROW(write_results(folder / "results.h5", record), core::InternalError);
  record = some_record();
  record.laws[0].coefficient = data::Table(1, 1);
  EXPECT_THROW(write_results(folder / "results.h5", record), core::InternalError);
  EXPECT_THROW(write_results(folder / "results.h5", data::RunRecord{}), core::InternalError);
}

TEST(ReadResults, RefusesForeignAndDamagedFiles) {
  const TempFolder folder;
  EXPECT_THAT(what_of_reading(folder / "none.h5"), HasSubstr("cannot be read"));
  EXPECT_THAT(what_of_reading(folder.write("empty.h5", "")), HasSubstr("is no HDF5 file"));
  EXPECT_THAT(what_of_reading(folder.write("text.h5", "tokens,loss\n")),
              HasSubstr("is no HDF5 file"));
  write_results(folder / "results.h5", some_record());
  const std::string bytes = bytes_of(folder / "results.h5");
  for (const std::size_t size : {std::size_t{8}, bytes.size() / 2, bytes.size() - 1})
    EXPECT_THAT(what_of_reading(folder.write("cut.h5", bytes.substr(0, size))),
                HasSubstr("is no whole result file"));
  for (std::size_t at = 100; at + 1 < bytes.size(); at += 997) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_THAT(what_of_reading(folder.write("changed.h5", changed)),
                HasSubstr("its checksum is wrong"));
  }
  EXPECT_THAT(what_of_reading(folder.write("sealed.h5", sealed(bytes.substr(0, bytes.size() / 2)))),
              HasSubstr("is a damaged HDF5 file"));

  const std::string foreign = folder / "foreign.h5";
  H5Fclose(H5Fcreate(foreign.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  EXPECT_THAT(what_of_reading(foreign), HasSubstr("is no whole result file"));
  EXPECT_THAT(what_of_reading(folder.write("sealed.h5", sealed(bytes_of(foreign)))),
              HasSubstr("none of bimix"));
}

/// A result file whose version is another one, with a dataset that this program does not know.
std::string of_version(const TempFolder& folder, const char* version) {
  write_results(folder / "results.h5", some_record());
  const std::string path = folder / "results.h5";
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t attribute = H5Aopen(file, "bimix_format_version", H5P_DEFAULT);
  const hid_t type = H5Aget_type(attribute);
  H5Awrite(attribute, type, &version);
  H5Tclose(type);
  H5Aclose(attribute);
  H5Gclose(H5Gcreate2(file, "/optimum/of_tomorrow", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  H5Fclose(file);  // which cuts off the seal
  return folder.write("other_version.h5", sealed(bytes_of(path)));
}

TEST(ReadResults, RefusesANewerMajorVersion) {
  const TempFolder folder;
  for (const char* version : {"2.0", "10.0", "0.9", "next"})
    EXPECT_THAT(what_of_reading(of_version(folder, version)),
                AllOf(HasSubstr(std::string("has format version ") + version),
                      HasSubstr("reads version 1.x")));
}

TEST(ReadResults, TakesANewerMinorVersionAndLeavesOutWhatItDoesNotKnow) {
  const TempFolder folder;
  const data::RunRecord read = read_results(of_version(folder, "1.99"));
  const data::RunRecord known =
      read_results(folder.write("known.h5", sealed(results_image(some_record()))));
  EXPECT_EQ(read.plan, known.plan);
  EXPECT_EQ(read.results.size(), known.results.size());
  EXPECT_EQ(read.stamp, known.stamp);
}

TEST(Differences, FindsNoneInTheSameRecord) {
  const TempFolder folder;
  write_results(folder / "a.h5", some_record());
  write_results(folder / "b.h5", some_record());
  EXPECT_THAT(differences(folder / "a.h5", folder / "b.h5"), IsEmpty());
}

TEST(Differences, NamesTheFirstValueAndCountsTheRest) {
  const TempFolder folder;
  data::RunRecord record = some_record();
  write_results(folder / "a.h5", record);
  record.results[2].curve[0].loss_nats[1] = std::nextafter(1.0 / 3.0, 1.0);
  record.laws[0].bootstrap[1] = data::Table(3, 4, 5.0);
  record.optimum.clear();
  record.plan.name = "other";
  write_results(folder / "b.h5", record);
  EXPECT_THAT(
      differences(folder / "a.h5", folder / "b.h5"),
      ElementsAre("/: attribute title differs",
                  "/curve/loss[0,1] is 0.3333333333333333 and 0.33333333333333337",
                  "/law/bimix/bootstrap[1,0,0] is 2 and 5; 12 values of 24 differ",
                  "/loss[0,0,1] is 0.3333333333333333 and 0.33333333333333337",
                  "/objective is only in the first file", "/optimum is only in the first file"));
}

TEST(VerifyResults, TellsWhetherTheFileIsTheImageOfTheRecord) {
  const TempFolder folder;
  data::RunRecord record = some_record();
  write_results(folder / "results.h5", record);
  record.results[0].wall_seconds = 99;
  EXPECT_THAT(verify_results(folder / "results.h5", record), IsEmpty());
  record.results[2].curve[0].steps += 1;
  EXPECT_THAT(verify_results(folder / "results.h5", record),
              ElementsAre("/curve/steps[0] is 62 and 63", "/steps[0,0] is 62 and 63"));
  EXPECT_THROW(verify_results(folder.write("text.h5", "text"), record), core::DataError);
}

TEST(Differences, SkipsWhereAndHowFastWhenAsked) {
  const TempFolder folder;
  data::RunRecord record = some_record();
  write_results(folder / "a.h5", record);
  for (data::TrialResult& result : record.results) {
    result.started_utc += 60;
    result.wall_seconds *= 2;
    result.tokens_per_second /= 2;
    result.rank += 1;
    result.attempt += 1;
    result.host = "node2";
  }
  record.stamp.facts = {{"commit", "fff"}};
  write_results(folder / "b.h5", record);
  EXPECT_THAT(differences(folder / "a.h5", folder / "b.h5", timing_paths()), IsEmpty());
  EXPECT_THAT(differences(folder / "a.h5", folder / "b.h5"), testing::Not(IsEmpty()));
}

}  // namespace
}  // namespace bimix::store
