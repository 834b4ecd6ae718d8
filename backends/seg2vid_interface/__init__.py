"""The contract between the command line and its backends.

Modules: `errors` (what may be raised), `label_spaces` (class names, ids and colours), `label_space_files` (users' own,
in TOML), `clips` (requests and chunks), `model_card` (a model's folder on disk), `sizes` (of pictures that a model can
take), `validation` (pydantic's complaints in plain words) and `backend` (the protocols a backend implements).

For those who write a backend: `requests` (what every session checks), `graphs` (the format of the ONNX graphs),
`graph_session` (a whole session over them), `sample_by_sample` (batches on a CPU), `instance_edges`, `cores` and `peak`
(threads, and the benchmark's yardstick), `staging` (results that are put in place whole or not at all), `sample_scene`
(requests to try), `agreement` (how exact to be) and `contract` (the tests to pass).

Importing this package imports nothing else, so that `seg2vid --help` stays quick; import the module you need.
"""
