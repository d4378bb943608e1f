define void @run(ptr %v1, i64 %v2, i64 %v3, ptr %meeting) #0 {
entry:
  %control = alloca i32
  %flushing = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %control)
  %control.now = load i32, ptr %control
  %control.new = or i32 %control.now, 32768
  store i32 %control.new, ptr %flushing
  call void @llvm.x86.sse.ldmxcsr(ptr %flushing)
  %p1 = getelementptr ptr, ptr %v1, i64 0
  %v4 = load ptr, ptr %p1, align 8
  %p2 = getelementptr ptr, ptr %v1, i64 1
  %v5 = load ptr, ptr %p2, align 8
  %p3 = getelementptr ptr, ptr %v1, i64 2
  %v6 = load ptr, ptr %p3, align 8
  %p4 = getelementptr ptr, ptr %v1, i64 3
  %v7 = load ptr, ptr %p4, align 8
  %p5 = getelementptr i64, ptr %v4, i64 1
  %v8 = load i64, ptr %p5, align 8
  %p6 = getelementptr ptr, ptr %v1, i64 4
  %v9 = load ptr, ptr %p6, align 8
  %p7 = getelementptr ptr, ptr %v1, i64 5
  %v10 = load ptr, ptr %p7, align 8
  %p8 = getelementptr ptr, ptr %v1, i64 6
  %v11 = load ptr, ptr %p8, align 8
  %p9 = getelementptr ptr, ptr %v1, i64 7
  %v12 = load ptr, ptr %p9, align 8
  %p10 = getelementptr i64, ptr %v6, i64 0
  %v13 = load i64, ptr %p10, align 8
  %p11 = getelementptr ptr, ptr %v1, i64 8
  %v14 = load ptr, ptr %p11, align 8
  %p12 = getelementptr ptr, ptr %v1, i64 9
  %v15 = load ptr, ptr %p12, align 8
  %p13 = getelementptr ptr, ptr %v1, i64 10
  %v16 = load ptr, ptr %p13, align 8
  %anyturn1 = icmp slt i64 0, %v2
  br i1 %anyturn1, label %turn1, label %after2
turn1:
  %v17 = phi i64 [ 0, %entry ], [ %nextturn1, %after5 ]
  %p14 = getelementptr i64, ptr %v6, i64 %v17
  %v18 = load i64, ptr %p14, align 8
  %v19 = add i64 %v17, 1
  %p15 = getelementptr i64, ptr %v6, i64 %v19
  %v20 = load i64, ptr %p15, align 8
  %v21 = sub i64 %v20, %v18
  %p16 = getelementptr i8, ptr %v7, i64 %v17
  %v22 = load i8, ptr %p16, align 1
  %v23 = icmp ne i8 %v22, 0
  br label %turn3
turn3:
  %v24 = phi i64 [ 0, %turn1 ], [ %nextturn3, %turn3 ]
  %v25 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn1 ], [ %v48, %turn3 ]
  %v26 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn1 ], [ %v49, %turn3 ]
  %v27 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn1 ], [ %v57, %turn3 ]
  %v28 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn1 ], [ %v58, %turn3 ]
  %v29 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn1 ], [ %v66, %turn3 ]
  %v30 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn1 ], [ %v67, %turn3 ]
  %v31 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn1 ], [ %v75, %turn3 ]
  %v32 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn1 ], [ %v76, %turn3 ]
  %v33 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn1 ], [ %v84, %turn3 ]
  %v34 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn1 ], [ %v85, %turn3 ]
  %v35 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn1 ], [ %v93, %turn3 ]
  %v36 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn1 ], [ %v94, %turn3 ]
  %v37 = mul i64 %v24, 16
  %p17 = getelementptr float, ptr %v10, i64 %v37
  %v38 = load <8 x float>, ptr %p17, align 4
  %v39 = mul i64 %v24, 16
  %v40 = add i64 %v39, 8
  %p18 = getelementptr float, ptr %v10, i64 %v40
  %v41 = load <8 x float>, ptr %p18, align 4
  %v42 = lshr i64 %v24, 5
  %v43 = and i64 %v24, 31
  %v44 = mul i64 %v42, 192
  %v45 = add i64 %v44, %v43
  %p19 = getelementptr float, ptr %v9, i64 %v45
  %v46 = load float, ptr %p19, align 4
  %s20 = insertelement <8 x float> poison, float %v46, i64 0
  %v47 = shufflevector <8 x float> %s20, <8 x float> poison, <8 x i32> zeroinitializer
  %v48 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v47, <8 x float> %v38, <8 x float> %v25)
  %v49 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v47, <8 x float> %v41, <8 x float> %v26)
  %v50 = lshr i64 %v24, 5
  %v51 = and i64 %v24, 31
  %v52 = mul i64 %v50, 192
  %v53 = add i64 %v52, 32
  %v54 = add i64 %v53, %v51
  %p21 = getelementptr float, ptr %v9, i64 %v54
  %v55 = load float, ptr %p21, align 4
  %s22 = insertelement <8 x float> poison, float %v55, i64 0
  %v56 = shufflevector <8 x float> %s22, <8 x float> poison, <8 x i32> zeroinitializer
  %v57 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v56, <8 x float> %v38, <8 x float> %v27)
  %v58 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v56, <8 x float> %v41, <8 x float> %v28)
  %v59 = lshr i64 %v24, 5
  %v60 = and i64 %v24, 31
  %v61 = mul i64 %v59, 192
  %v62 = add i64 %v61, 64
  %v63 = add i64 %v62, %v60
  %p23 = getelementptr float, ptr %v9, i64 %v63
  %v64 = load float, ptr %p23, align 4
  %s24 = insertelement <8 x float> poison, float %v64, i64 0
  %v65 = shufflevector <8 x float> %s24, <8 x float> poison, <8 x i32> zeroinitializer
  %v66 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v65, <8 x float> %v38, <8 x float> %v29)
  %v67 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v65, <8 x float> %v41, <8 x float> %v30)
  %v68 = lshr i64 %v24, 5
  %v69 = and i64 %v24, 31
  %v70 = mul i64 %v68, 192
  %v71 = add i64 %v70, 96
  %v72 = add i64 %v71, %v69
  %p25 = getelementptr float, ptr %v9, i64 %v72
  %v73 = load float, ptr %p25, align 4
  %s26 = insertelement <8 x float> poison, float %v73, i64 0
  %v74 = shufflevector <8 x float> %s26, <8 x float> poison, <8 x i32> zeroinitializer
  %v75 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v74, <8 x float> %v38, <8 x float> %v31)
  %v76 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v74, <8 x float> %v41, <8 x float> %v32)
  %v77 = lshr i64 %v24, 5
  %v78 = and i64 %v24, 31
  %v79 = mul i64 %v77, 192
  %v80 = add i64 %v79, 128
  %v81 = add i64 %v80, %v78
  %p27 = getelementptr float, ptr %v9, i64 %v81
  %v82 = load float, ptr %p27, align 4
  %s28 = insertelement <8 x float> poison, float %v82, i64 0
  %v83 = shufflevector <8 x float> %s28, <8 x float> poison, <8 x i32> zeroinitializer
  %v84 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v83, <8 x float> %v38, <8 x float> %v33)
  %v85 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v83, <8 x float> %v41, <8 x float> %v34)
  %v86 = lshr i64 %v24, 5
  %v87 = and i64 %v24, 31
  %v88 = mul i64 %v86, 192
  %v89 = add i64 %v88, 160
  %v90 = add i64 %v89, %v87
  %p29 = getelementptr float, ptr %v9, i64 %v90
  %v91 = load float, ptr %p29, align 4
  %s30 = insertelement <8 x float> poison, float %v91, i64 0
  %v92 = shufflevector <8 x float> %s30, <8 x float> poison, <8 x i32> zeroinitializer
  %v93 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v92, <8 x float> %v38, <8 x float> %v35)
  %v94 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v92, <8 x float> %v41, <8 x float> %v36)
  %nextturn3 = add i64 %v24, 1
  %moreturn3 = icmp slt i64 %nextturn3, 64
  br i1 %moreturn3, label %turn3, label %after4
after4:
  %v95 = phi <8 x float> [ %v48, %turn3 ]
  %v96 = phi <8 x float> [ %v49, %turn3 ]
  %v97 = phi <8 x float> [ %v57, %turn3 ]
  %v98 = phi <8 x float> [ %v58, %turn3 ]
  %v99 = phi <8 x float> [ %v66, %turn3 ]
  %v100 = phi <8 x float> [ %v67, %turn3 ]
  %v101 = phi <8 x float> [ %v75, %turn3 ]
  %v102 = phi <8 x float> [ %v76, %turn3 ]
  %v103 = phi <8 x float> [ %v84, %turn3 ]
  %v104 = phi <8 x float> [ %v85, %turn3 ]
  %v105 = phi <8 x float> [ %v93, %turn3 ]
  %v106 = phi <8 x float> [ %v94, %turn3 ]
  %p31 = getelementptr float, ptr %v14, i64 0
  store <8 x float> %v95, ptr %p31, align 4
  %p32 = getelementptr float, ptr %v11, i64 0
  %v107 = load <8 x float>, ptr %p32, align 4
  %v108 = fadd <8 x float> %v95, %v107
  %v109 = fcmp ogt <8 x float> %v108, <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v110 = fcmp uno <8 x float> %v108, %v108
  %v111 = or <8 x i1> %v109, %v110
  %v112 = select <8 x i1> %v111, <8 x float> %v108, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %p33 = getelementptr float, ptr %v12, i64 0
  store <8 x float> %v112, ptr %p33, align 4
  %p34 = getelementptr float, ptr %v14, i64 8
  store <8 x float> %v96, ptr %p34, align 4
  %p35 = getelementptr float, ptr %v11, i64 8
  %v113 = load <8 x float>, ptr %p35, align 4
  %v114 = fadd <8 x float> %v96, %v113
  %v115 = fcmp ogt <8 x float> %v114, <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v116 = fcmp uno <8 x float> %v114, %v114
  %v117 = or <8 x i1> %v115, %v116
  %v118 = select <8 x i1> %v117, <8 x float> %v114, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %p36 = getelementptr float, ptr %v12, i64 8
  store <8 x float> %v118, ptr %p36, align 4
  %p37 = getelementptr float, ptr %v14, i64 16
  store <8 x float> %v97, ptr %p37, align 4
  %p38 = getelementptr float, ptr %v11, i64 0
  %v119 = load <8 x float>, ptr %p38, align 4
  %v120 = fadd <8 x float> %v97, %v119
  %v121 = fcmp ogt <8 x float> %v120, <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v122 = fcmp uno <8 x float> %v120, %v120
  %v123 = or <8 x i1> %v121, %v122
  %v124 = select <8 x i1> %v123, <8 x float> %v120, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %p39 = getelementptr float, ptr %v12, i64 16
  store <8 x float> %v124, ptr %p39, align 4
  %p40 = getelementptr float, ptr %v14, i64 24
  store <8 x float> %v98, ptr %p40, align 4
  %p41 = getelementptr float, ptr %v11, i64 8
  %v125 = load <8 x float>, ptr %p41, align 4
  %v126 = fadd <8 x float> %v98, %v125
  %v127 = fcmp ogt <8 x float> %v126, <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v128 = fcmp uno <8 x float> %v126, %v126
  %v129 = or <8 x i1> %v127, %v128
  %v130 = select <8 x i1> %v129, <8 x float> %v126, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %p42 = getelementptr float, ptr %v12, i64 24
  store <8 x float> %v130, ptr %p42, align 4
  %p43 = getelementptr float, ptr %v14, i64 32
  store <8 x float> %v99, ptr %p43, align 4
  %p44 = getelementptr float, ptr %v11, i64 0
  %v131 = load <8 x float>, ptr %p44, align 4
  %v132 = fadd <8 x float> %v99, %v131
  %v133 = fcmp ogt <8 x float> %v132, <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v134 = fcmp uno <8 x float> %v132, %v132
  %v135 = or <8 x i1> %v133, %v134
  %v136 = select <8 x i1> %v135, <8 x float> %v132, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %p45 = getelementptr float, ptr %v12, i64 32
  store <8 x float> %v136, ptr %p45, align 4
  %p46 = getelementptr float, ptr %v14, i64 40
  store <8 x float> %v100, ptr %p46, align 4
  %p47 = getelementptr float, ptr %v11, i64 8
  %v137 = load <8 x float>, ptr %p47, align 4
  %v138 = fadd <8 x float> %v100, %v137
  %v139 = fcmp ogt <8 x float> %v138, <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v140 = fcmp uno <8 x float> %v138, %v138
  %v141 = or <8 x i1> %v139, %v140
  %v142 = select <8 x i1> %v141, <8 x float> %v138, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %p48 = getelementptr float, ptr %v12, i64 40
  store <8 x float> %v142, ptr %p48, align 4
  %p49 = getelementptr float, ptr %v14, i64 48
  store <8 x float> %v101, ptr %p49, align 4
  %p50 = getelementptr float, ptr %v11, i64 0
  %v143 = load <8 x float>, ptr %p50, align 4
  %v144 = fadd <8 x float> %v101, %v143
  %v145 = fcmp ogt <8 x float> %v144, <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v146 = fcmp uno <8 x float> %v144, %v144
  %v147 = or <8 x i1> %v145, %v146
  %v148 = select <8 x i1> %v147, <8 x float> %v144, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %p51 = getelementptr float, ptr %v12, i64 48
  store <8 x float> %v148, ptr %p51, align 4
  %p52 = getelementptr float, ptr %v14, i64 56
  store <8 x float> %v102, ptr %p52, align 4
  %p53 = getelementptr float, ptr %v11, i64 8
  %v149 = load <8 x float>, ptr %p53, align 4
  %v150 = fadd <8 x float> %v102, %v149
  %v151 = fcmp ogt <8 x float> %v150, <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v152 = fcmp uno <8 x float> %v150, %v150
  %v153 = or <8 x i1> %v151, %v152
  %v154 = select <8 x i1> %v153, <8 x float> %v150, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %p54 = getelementptr float, ptr %v12, i64 56
  store <8 x float> %v154, ptr %p54, align 4
  %p55 = getelementptr float, ptr %v14, i64 64
  store <8 x float> %v103, ptr %p55, align 4
  %p56 = getelementptr float, ptr %v11, i64 0
  %v155 = load <8 x float>, ptr %p56, align 4
  %v156 = fadd <8 x float> %v103, %v155
  %v157 = fcmp ogt <8 x float> %v156, <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v158 = fcmp uno <8 x float> %v156, %v156
  %v159 = or <8 x i1> %v157, %v158
  %v160 = select <8 x i1> %v159, <8 x float> %v156, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %p57 = getelementptr float, ptr %v12, i64 64
  store <8 x float> %v160, ptr %p57, align 4
  %p58 = getelementptr float, ptr %v14, i64 72
  store <8 x float> %v104, ptr %p58, align 4
  %p59 = getelementptr float, ptr %v11, i64 8
  %v161 = load <8 x float>, ptr %p59, align 4
  %v162 = fadd <8 x float> %v104, %v161
  %v163 = fcmp ogt <8 x float> %v162, <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v164 = fcmp uno <8 x float> %v162, %v162
  %v165 = or <8 x i1> %v163, %v164
  %v166 = select <8 x i1> %v165, <8 x float> %v162, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %p60 = getelementptr float, ptr %v12, i64 72
  store <8 x float> %v166, ptr %p60, align 4
  %p61 = getelementptr float, ptr %v14, i64 80
  store <8 x float> %v105, ptr %p61, align 4
  %p62 = getelementptr float, ptr %v11, i64 0
  %v167 = load <8 x float>, ptr %p62, align 4
  %v168 = fadd <8 x float> %v105, %v167
  %v169 = fcmp ogt <8 x float> %v168, <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v170 = fcmp uno <8 x float> %v168, %v168
  %v171 = or <8 x i1> %v169, %v170
  %v172 = select <8 x i1> %v171, <8 x float> %v168, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %p63 = getelementptr float, ptr %v12, i64 80
  store <8 x float> %v172, ptr %p63, align 4
  %p64 = getelementptr float, ptr %v14, i64 88
  store <8 x float> %v106, ptr %p64, align 4
  %p65 = getelementptr float, ptr %v11, i64 8
  %v173 = load <8 x float>, ptr %p65, align 4
  %v174 = fadd <8 x float> %v106, %v173
  %v175 = fcmp ogt <8 x float> %v174, <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v176 = fcmp uno <8 x float> %v174, %v174
  %v177 = or <8 x i1> %v175, %v176
  %v178 = select <8 x i1> %v177, <8 x float> %v174, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %p66 = getelementptr float, ptr %v12, i64 88
  store <8 x float> %v178, ptr %p66, align 4
  %p67 = getelementptr i64, ptr %v4, i64 0
  %v179 = load i64, ptr %p67, align 8
  %v180 = icmp sle i64 %v179, %v17
  br i1 %v180, label %leave, label %after5
after5:
  %v181 = sub i64 %v18, %v13
  %nextturn1 = add i64 %v17, 1
  %moreturn1 = icmp slt i64 %nextturn1, %v2
  br i1 %moreturn1, label %turn1, label %after2
after2:
  br label %leave
leave:
  call void @llvm.x86.sse.ldmxcsr(ptr %control)
  ret void
}
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
attributes #0 = { nounwind }
