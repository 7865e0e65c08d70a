exec(open("/tmp/att/one.py").read())
import atexit
t=time.time()
def end():
    print(f"[{time.time()-t:.1f}s {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//1024}MB]")
atexit.register(end)
from predictor.cli import main
main()
