// Loss logs of every format and tables of mixtures. The first byte chooses how the rest is read;
// a line of "====" parts it into the two files that some formats are made of.

#include "fuzz.hpp"

#include <bimix/replay/loss_log.hpp>
#include <bimix/replay/mixture_list.hpp>

#include <cmath>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bimix;
  if (size == 0) return 0;
  static const std::vector<std::string> formats = replay::log_formats();
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t choice = data[0] % (formats.size() + 2);
  return fuzz::tolerates([&] {
    if (choice == formats.size() + 1) {
      replay::read_mixtures(fuzz::file_of("mixtures.csv", text), {"a", "b"}, data[0] % 2 == 0);
      return;
    }
    constexpr std::string_view border = "\n====\n";
    const std::size_t border_at = text.find(border);
    replay::ReplayOptions options{.format = choice == formats.size() ? "auto" : formats[choice],
                                  .tokens_per_step = 1000,
                                  .base = fuzz::folder()};
    fuzz::file_of("first", text.substr(0, border_at));
    options.files = {"first"};
    if (border_at != std::string_view::npos) {
      fuzz::file_of("second", text.substr(border_at + border.size()));
      options.files.push_back("second");
    }
    for (const data::LossCurve& run : replay::read_logs(options).runs)
      for (const data::LossPoint& point : run.points)
        for (const double loss : point.loss_nats)
          FUZZ_REQUIRE(std::isnan(loss) || (loss > 0 && std::isfinite(loss)));
  });
}
