# The model of BenchmarkRequest in SimPy 2 (Debian's python3-simpy): requests come
# as a Poisson process, are uploaded over one link, computed by one server, each
# first come first served, and answered. Prints requests a second.
import random
import sys
import time

from SimPy.Simulation import Process, Resource, Simulation, hold, release, request

UPLOAD, COMPUTE, DOWNLOAD, BETWEEN = 1.5e-3, 1.0e-3, 0.5e-3, 3.0e-3


class Request(Process):
    def run(self):
        yield request, self, self.sim.link
        yield hold, self, UPLOAD
        yield release, self, self.sim.link
        yield request, self, self.sim.server
        yield hold, self, COMPUTE
        yield release, self, self.sim.server
        yield hold, self, DOWNLOAD


class Arrivals(Process):
    def run(self, n):
        rng = random.Random(1)
        for _ in range(n):
            yield hold, self, rng.expovariate(1 / BETWEEN)
            r = Request(sim=self.sim)
            self.sim.activate(r, r.run())


n = int(sys.argv[1])
sim = Simulation()
sim.link = Resource(capacity=1, sim=sim)
sim.server = Resource(capacity=1, sim=sim)
a = Arrivals(sim=sim)
sim.activate(a, a.run(n))
begun = time.perf_counter()
sim.simulate(until=1e9)
print(n / (time.perf_counter() - begun))
