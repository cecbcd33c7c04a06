"""How much to tip: a Mamdani controller in FLL, evaluated, checked and drawn as a table."""

import pyneural as pn

TIPPER = """
Engine: tipper
InputVariable: service
  range: 0 10
  term: poor Gaussian 0 1.5
  term: good Gaussian 5 1.5
  term: excellent Gaussian 10 1.5
InputVariable: food
  range: 0 10
  term: rancid Trapezoid 0 0 1 3
  term: delicious Trapezoid 7 9 10 10
OutputVariable: tip
  range: 0 30
  aggregation: Maximum
  defuzzifier: Centroid 200
  term: cheap Triangle 0 5 10
  term: average Triangle 10 15 20
  term: generous Triangle 20 25 30
RuleBlock: rules
  conjunction: Minimum
  disjunction: Maximum
  implication: Minimum
  activation: General
  rule: if service is poor or food is rancid then tip is cheap
  rule: if service is good then tip is average
  rule: if service is excellent or food is delicious then tip is generous
"""

engine = pn.FuzzyEngine.parse(TIPPER)
for service, food in ((1, 2), (5, 5), (9, 9)):
    (tip,) = engine.evaluate({"service": service, "food": food})
    print(f"service {service}, food {food}: tip {tip:.2f} %")

print("findings:", len(engine.check()))

print("\nservice \\ food" + "".join(f"{food:7d}" for food in range(0, 11, 2)))
for service in range(0, 11, 2):
    tips = engine.evaluate([[service, food] for food in range(0, 11, 2)])
    print(f"{service:14d}" + "".join(f"{row[0]:7.2f}" for row in tips))
