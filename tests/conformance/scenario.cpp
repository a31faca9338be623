#include "scenario.hpp"

#include <fstream>
#include <stdexcept>

namespace conformance {

std::string Declared::get(const std::string& key, const std::string& otherwise) const {
  const auto found = find(key);
  return found == end() ? otherwise : found->second;
}

Declared Declared::with(const Words& settings) const {
  Declared out = *this;
  for (const std::string& setting : settings)
    out[setting.substr(0, setting.find('='))] = setting.substr(setting.find('=') + 1);
  return out;
}

const Declared& Scenario::find(const std::string& key, const std::string& value) const {
  static const Declared nobody;
  const auto is_it = [&](const Declared& one) { return one.is(key, value); };
  const auto found = std::ranges::find_if(declared, is_it);
  return found == declared.end() ? nobody : *found;
}

Scenario read_scenario(const std::string& path) {
  std::ifstream file{path};
  if (!file) throw std::runtime_error{"cannot read " + path};
  Scenario out;
  for (std::string line; std::getline(file, line);) {
    const Words words = split(line, ' ');
    if (words.empty() || words[0][0] == '#') continue;
    const Words rest{words.begin() + 1, words.end()};
    if (words[0] == "scenario") {
      out.kind = rest.at(0);
    } else if (words[0] == "option") {
      out.reports = rest != Words{"reports", "off"};
    } else if (words[0] == "step") {
      out.steps.push_back(rest);
    } else {
      Declared declared = Declared{}.with({rest.begin() + 1, rest.end()});
      declared["id"] = rest.at(0);
      declared["kind"] = words[0];
      if (words[0] == "sup" && !declared.contains("parent") && out.top().empty()) declared["top"] = "true";
      out.declared.push_back(std::move(declared));
    }
  }
  return out;
}

Action::Action(const std::string& text) : verb{text.substr(0, text.find(':'))} {
  if (verb.size() < text.size()) term = text.substr(verb.size() + 1);
}

std::vector<Words> split_words(const Words& words, std::size_t first, const std::string& separator) {
  std::vector<Words> out{{}};
  for (std::size_t i = first; i < words.size(); ++i) {
    if (words[i] == separator)
      out.emplace_back();
    else
      out.back().push_back(words[i]);
  }
  return out;
}

}  // namespace conformance
