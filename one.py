import resource,sys,time,os
resource.setrlimit(resource.RLIMIT_AS,(3_000_000_000,)*2)
sys.argv=["predictor","score","/tmp/att/tslist_bad.arrow","/tmp/att/out.1800.csv","--condition","cerebral_palsy"]
