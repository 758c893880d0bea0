#pragma once

#include <bimix/report/page.hpp>

#include <string>
#include <vector>

/// The sections of the page, one function each, in the order in which they stand.
namespace bimix::report {

struct Section {
  std::string id{};
  std::string title{};
  std::string inside{};  ///< HTML
};

/// What to do, what to expect of it, and how sure that is.
Section answer_section(const PageInput& input);

/// Coefficients, noise and held-out errors of the law. @param level of its intervals
Section law_section(const std::vector<data::LawFit>& laws, const data::LawFit& fit, double level);

/// Loss against volume. @param fit null where nothing was fitted
Section curves_section(const data::RunRecord& record, const data::LawFit* fit);

/// Loss against the own share.
Section shares_section(const PageInput& input);

/// Who helps whom, of a law that sees every share.
Section transfer_section(const data::RunRecord& record, const data::LawFit& fit);

/// Predictions of what the fit had not seen.
Section predicted_section(const PageInput& input);

/// Errors of the held-out predictions by mixture.
Section residuals_section(const PageInput& input);

/// The mixtures that were tried.
Section mixtures_section(const PageInput& input);

/// The best mixture at other volumes.
Section volumes_section(const PageInput& input);

Section corpus_section(const data::CorpusTable& corpus);
Section entropies_section(const data::EntropyTable& entropy);

/// Which trials ran, how they ended, and when which rank ran them.
Section rounds_section(const data::RunRecord& record);
Section trials_section(const data::RunRecord& record);

/// Where and with what the last session ran, and the campaign.
Section provenance_section(const data::RunRecord& record);

}  // namespace bimix::report
