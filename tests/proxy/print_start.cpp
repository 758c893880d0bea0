// Prints the weights and batches that pinned_curve.py starts from, as JSON.

#include "synthetic_text.hpp"

#include <bimix/proxy/language_model.hpp>

#include <nlohmann/json.hpp>

#include <iostream>

int main() {
  const bimix::proxy::ProxyOptions o = bimix::proxy::resolved(bimix::proxy::small_proxy());
  const auto model = bimix::proxy::make_model(o, 7, 1);
  nlohmann::json start{{"options",
                        {{"layers", o.layers},
                         {"width", o.width},
                         {"heads", o.heads},
                         {"batch", o.batch},
                         {"vocabulary", o.vocabulary},
                         {"learning_rate", o.learning_rate},
                         {"warmup_steps", o.warmup_steps},
                         {"weight_decay", o.weight_decay},
                         {"beta1", o.beta1},
                         {"beta2", o.beta2},
                         {"clip", o.clip}}}};
  for (const bimix::proxy::ParameterView& view : model->parameters())
    start["weights"][view.name] = std::vector<float>(view.values.begin(), view.values.end());
  for (std::uint64_t step = 0; step < 50; ++step)
    start["batches"].push_back(bimix::proxy::synthetic_text(o, o.batch, step));
  std::cout << start << '\n';
}
