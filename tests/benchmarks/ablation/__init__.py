"""Parts of tests.benchmarks.ablation_preprocessing."""
