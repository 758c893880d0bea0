#pragma once

#include <bimix/config/campaign.hpp>

#include <filesystem>

namespace bimix::run {

/// Shards of one campaign are trained apart and joined later, so what a campaign leaves to the
/// machine (instructions, precision, micro-batch) must be the same for all of them. The first shard
/// writes what it chose beside the folders of all, to settled-<hash of the campaign>.json; the
/// others take it from there, also those that start at the same moment.
/// @param folder of the shard, which need not exist @param campaign of a proxy, as given
/// @return its proxy with nothing left open
/// @throws DataError if the file cannot be written or read
proxy::ProxyOptions settled_for_shards(const std::filesystem::path& folder,
                                       const config::Campaign& campaign);

}  // namespace bimix::run
