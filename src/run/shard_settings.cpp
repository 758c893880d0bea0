#include "shard_settings.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/core/host.hpp>
#include <bimix/data/json.hpp>
#include <bimix/store/disk.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

namespace bimix::run {
namespace {

/// Of several that write at once one wins, and its file is whole from the first moment on.
void write_unless_there(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path mine =
      fmt::format("{}.{}-{}", path.string(), core::host_name(), ::getpid());
  std::error_code cannot_link, ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  store::write_file_atomically(mine, text);
  std::filesystem::create_hard_link(mine, path, cannot_link);
  // A file system without links: who is first is then told by a look.
  if (cannot_link && !std::filesystem::exists(path, ignored))
    store::write_file_atomically(path, text);
  std::filesystem::remove(mine, ignored);
}

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view cause) {
  throw core::DataError({.place = path.string(),
                         .problem = fmt::format("is not what a first shard has settled: {}", cause),
                         .remedy = "Remove it if no shard has begun"});
}

}  // namespace

proxy::ProxyOptions settled_for_shards(const std::filesystem::path& folder,
                                       const config::Campaign& campaign) {
  proxy::ProxyOptions proxy = proxy::resolved(campaign.proxy);
  const std::string hash =
      core::content_hash(config::resolved_yaml(config::trained_part(campaign))).substr(0, 16);
  const std::filesystem::path path =
      std::filesystem::absolute(folder).parent_path() / fmt::format("settled-{}.json", hash);
  const data::Json chosen{{"isa", core::word_of(proxy.isa)},
                          {"precision", core::word_of(proxy.precision)},
                          {"micro_batch", proxy.micro_batch},
                          {"host", core::host_name()}};
  if (!std::filesystem::exists(path)) write_unless_there(path, chosen.dump() + "\n");
  try {
    const data::Json settled = data::Json::parse(core::read_file(path));
    proxy.isa = core::parse_word<proxy::Isa>(settled.at("isa").get<std::string>(), "isa");
    proxy.precision =
        core::parse_word<proxy::Precision>(settled.at("precision").get<std::string>(), "precision");
    proxy.micro_batch = static_cast<int>(data::whole_number_from(settled, "micro_batch"));
  } catch (const data::Json::exception& cause) {
    refuse(path, cause.what());
  } catch (const core::Error& cause) {
    refuse(path, cause.what());
  }
  return proxy::resolved(proxy);
}

}  // namespace bimix::run
