#pragma once

#include "context.hpp"

#include <bimix/run/opened.hpp>
#include <bimix/run/texts.hpp>

#include <string>

namespace bimix::cli {

struct TextsOfCampaign {
  config::Campaign campaign;
  corpus::Corpus corpus;
};

/// @collective Reads a campaign and opens its texts, which are prepared first unless they are.
/// @param run_folder empty stands for runs/<name>
/// @throws CollectiveError if it names none
TextsOfCampaign texts_of_campaign(Context& context, const std::string& file,
                                  const std::string& run_folder = "");

}  // namespace bimix::cli
